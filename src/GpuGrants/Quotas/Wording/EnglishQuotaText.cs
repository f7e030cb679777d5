namespace GpuGrants.Quotas.Wording;

/// <summary>An evaluation as one English sentence for applicants.</summary>
internal static class EnglishQuotaText
{
    public static string Write(QuotaEvaluation one)
    {
        var rule = one.Rule.Rule;
        var asked = one.Requested == 0 ? "" : $"you asked for {Amount(one.Requested, rule.Measure)} and ";
        return $"{rule.Title ?? rule.Id}: the limit {For(rule.Subject)} is {Amount(one.Limit, rule.Measure)} "
            + $"{rule.Window.English()}, {Used(one)}; "
            + $"{asked}{Remains(one)}; {Next(one)}.";
    }

    private static string Used(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        var carried = one.Carried > 0 ? $"with {Amount(one.Carried, measure)} left from earlier, " : "";
        return one.Held == 0
            ? $"{carried}of which {Number(one.Used, measure)} {Are(one.Used, measure)} used"
            : $"{carried}of which {Number(one.Used, measure)} {Are(one.Used, measure)} used and {Number(one.Held, measure)} "
                + "held for requests under review";
    }

    private static string Remains(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        var until = one.ResetsAt is { } reset
            ? one.Rule.Rule.Window.FreesInParts
                ? $", more from {QuotaMoments.Write(reset, one.Rule.Signature)}"
                : $" until {QuotaMoments.Write(reset, one.Rule.Signature)}"
            : "";
        return $"{Number(one.Remaining, measure)} {(IsOne(one.Remaining, measure) ? "remains" : "remain")}{until}";
    }

    private static string Next(in QuotaEvaluation one)
    {
        var less = QuotaNextSteps.Offer(one) is { } most ? $"ask for {AtMost(one, most)} now, or " : "";
        return QuotaNextSteps.Of(one) switch
        {
            QuotaNextStep.Informed => one.Remaining > 0 ? "you may ask for up to what remains" : "nothing more passes under this limit now",
            QuotaNextStep.Nothing => "the request fits, so there is nothing to do",
            QuotaNextStep.Observed => "the limit is only observed for now, so there is nothing to do",
            QuotaNextStep.Wait => less.Length == 0
                ? "a person decides, so please wait for the answer"
                : $"{less}wait for a person to decide",
            QuotaNextStep.AskAfterReset => $"{less}ask again from then on",
            QuotaNextStep.AskAsPartsFree => $"{less}ask again as earlier amounts leave the window",
            QuotaNextStep.AskAfterRelease => $"{less}ask again when something that counts has ended or was given back",
            _ => less.Length == 0
                ? "waiting does not help, so please ask for a higher limit"
                : $"{less}ask for a higher limit, since waiting does not help",
        };
    }

    private static string AtMost(in QuotaEvaluation one, long most) =>
        one.Rule.Rule.Measure.EnglishAtMost(Amount(most, one.Rule.Rule.Measure));

    private static string For(QuotaSubject subject) =>
        (subject.Level, subject.Grouping) switch
        {
            (SubjectLevel.Platform, _) => "for all together",
            (SubjectLevel.Programme, SubjectGrouping.Each) => "for the programme",
            (SubjectLevel.Programme, _) => "for these programmes together",
            (SubjectLevel.OrganizationKind, SubjectGrouping.Each) => "for all organizations of your kind together",
            (SubjectLevel.OrganizationKind, _) => "for all organizations of these kinds together",
            (SubjectLevel.Organization, SubjectGrouping.Each) => "for your organization",
            (SubjectLevel.Organization, _) => "for these organizations together",
            (SubjectLevel.Project, SubjectGrouping.Each) => "for the project",
            (SubjectLevel.Project, _) => "for these projects together",
            (SubjectLevel.Member, SubjectGrouping.Each) => "for you",
            (SubjectLevel.Member, _) => "for these members together",
            (_, SubjectGrouping.Each) => "for the portal",
            _ => "for these portals together",
        };

    private static string Amount(long amount, QuotaMeasure measure) =>
        $"{Number(amount, measure)} {measure.EnglishNoun}{(IsOne(amount, measure) ? "" : "s")}";

    private static string Number(long amount, QuotaMeasure measure) => AmountText.Write(amount, measure.Unit);

    private static string Are(long amount, QuotaMeasure measure) => IsOne(amount, measure) ? "is" : "are";

    private static bool IsOne(long amount, QuotaMeasure measure) => Number(amount, measure) == "1";
}
