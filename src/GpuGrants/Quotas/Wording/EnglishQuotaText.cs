using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Wording;

/// <summary>An evaluation as one English sentence for applicants.</summary>
internal static class EnglishQuotaText
{
    public static string Write(QuotaEvaluation one)
    {
        var rule = one.Rule.Rule;
        var asked = one.Requested == 0 ? "" : $"you asked for {Amount(one.Requested, rule.Measure)} and ";
        return $"{rule.Title ?? rule.Id}: the limit {For(rule.Subject)} is {Amount(one.Limit, rule.Measure)} {Over(rule.Window)}, {Used(one)}; "
            + $"{asked}{Remains(one)}; {Next(one)}.";
    }

    private static string Used(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        var carried = one.Carried > 0 ? $"with {Amount(one.Carried, measure)} left from earlier, " : "";
        return one.Held == 0
            ? $"{carried}of which {Number(one.Used, measure)} {Are(one.Used, measure)} used"
            : $"{carried}of which {Number(one.Used, measure)} {Are(one.Used, measure)} used and {Number(one.Held, measure)} held for requests under review";
    }

    private static string Remains(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        var until = one.ResetsAt is { } reset
            ? one.Rule.Rule.Window.Kind == WindowKind.Rolling
                ? $", more from {QuotaMoments.Write(reset, one.Rule.Signature)}"
                : $" until {QuotaMoments.Write(reset, one.Rule.Signature)}"
            : "";
        return $"{Number(one.Remaining, measure)} {(IsOne(one.Remaining, measure) ? "remains" : "remain")}{until}";
    }

    private static string Next(in QuotaEvaluation one)
    {
        var less = QuotaNextSteps.Offer(one) is { } most ? $"ask for {AtMost(most, one.Rule.Rule.Measure)} now, or " : "";
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

    private static string AtMost(long most, QuotaMeasure measure) =>
        measure == QuotaMeasure.CreditsGranted ? $"no more than {Amount(most, measure)} buy" : $"at most {Amount(most, measure)}";

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

    private static string Over(QuotaWindow window) =>
        window.Kind switch
        {
            WindowKind.PerRequest => "per request",
            WindowKind.Concurrent => "at any one time",
            WindowKind.Lifetime => "in all",
            WindowKind.Calendar => "per calendar " + (window.Unit ?? CalendarUnit.Month).ToString().ToLowerInvariant(),
            WindowKind.FirstUse => $"within {Duration(window)} from the first use",
            _ => $"within any {Duration(window)}",
        };

    private static string Duration(QuotaWindow window)
    {
        static string Count(long count, string unit) => count == 1 ? $"1 {unit}" : $"{count} {unit}s";
        return QuotaMoments.Write(
            window.Duration ?? TimeSpan.Zero,
            n => Count(n, "day"),
            n => Count(n, "hour"),
            n => Count(n, "minute"),
            n => Count(n, "second")
        );
    }

    private static string Amount(long amount, QuotaMeasure measure)
    {
        var name = measure switch
        {
            QuotaMeasure.GpuHoursGranted => "GPU-hour",
            QuotaMeasure.GpuHoursUsed => "used GPU-hour",
            QuotaMeasure.CreditsGranted => "credit",
            QuotaMeasure.ActiveGrants => "active grant",
            QuotaMeasure.GrantsAwarded => "grant",
            QuotaMeasure.ConcurrentGpus => "GPU",
            QuotaMeasure.OpenRequests => "open request",
            _ => "request",
        };
        return $"{Number(amount, measure)} {name}{(IsOne(amount, measure) ? "" : "s")}";
    }

    private static string Number(long amount, QuotaMeasure measure) => AmountText.Write(amount, MeasureRules.UnitOf(measure));

    private static string Are(long amount, QuotaMeasure measure) => IsOne(amount, measure) ? "is" : "are";

    private static bool IsOne(long amount, QuotaMeasure measure) => Number(amount, measure) == "1";
}
