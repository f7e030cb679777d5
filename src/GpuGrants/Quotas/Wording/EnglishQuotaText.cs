namespace GpuGrants.Quotas.Wording;

/// <summary>An evaluation in short English sentences for applicants: the rule, the numbers with their unit, the next step.</summary>
internal static class EnglishQuotaText
{
    public static string Write(QuotaEvaluation one, QuotaAdvice advice)
    {
        string[] sentences =
        [
            Limit(one, "Your", For(one.Rule.Rule.Subject)),
            Carried(one),
            Counted(one),
            Asked(one),
            MoreFrom(one),
            Next(one, advice),
        ];
        return Joined(sentences);
    }

    /// <summary>The rule and its numbers for somebody who decides about an applicant, without a next step.</summary>
    public static string WriteForReviewer(QuotaEvaluation one) =>
        Joined(Limit(one, "The", ForReviewer(one.Rule.Rule.Subject)), Carried(one), Counted(one), Added(one), MoreFrom(one));

    private static string Joined(params string[] sentences) => string.Join(' ', sentences.Where(sentence => sentence.Length > 0));

    private static string Added(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        return $"This grant would add {Amount(one.Requested, measure)}{Left(one)}.";
    }

    private static string ForReviewer(QuotaSubject subject) =>
        (subject.Level, subject.Grouping) switch
        {
            (SubjectLevel.OrganizationKind, SubjectGrouping.Each) => "all organizations of the applicant's kind together",
            (SubjectLevel.Organization, SubjectGrouping.Each) => "the organization",
            (SubjectLevel.Project, SubjectGrouping.Each) => "the project",
            (SubjectLevel.Member, SubjectGrouping.Each) => "the member",
            (SubjectLevel.Partner, SubjectGrouping.Each) => "the portal",
            (SubjectLevel.Person, SubjectGrouping.Each) => subject.Counts switch
            {
                PersonCount.Owners => "each owner of the organization",
                PersonCount.Asker => "the person who asks",
                _ => "each person who owns the organization or asks for it",
            },
            _ => For(subject),
        };

    private static string Limit(in QuotaEvaluation one, string whose, string subject)
    {
        var rule = one.Rule.Rule;
        var freely = one.Outcome == BreachOutcome.Review ? " without a review" : "";
        return $"{Name(one, whose)}: {subject} may {May(one.Limit, rule.Measure)} {rule.Window.English()}{freely}.";
    }

    /// <summary>Of a limit that the organization set for itself, whose it is comes first.</summary>
    private static string Name(in QuotaEvaluation one, string whose) =>
        !one.Rule.Policy.IsOfOrganization ? one.Rule.Rule.Title ?? one.Rule.Rule.Id
        : one.Rule.Rule.Title is { } title ? $"{whose} organization's own limit '{title}'"
        : $"{whose} organization's own limit";

    private static string May(long limit, QuotaMeasure measure) =>
        limit == 0 ? $"{measure.EnglishVerb} no {measure.EnglishNoun}s" : $"{measure.EnglishVerb} up to {measure.EnglishAmount(limit)}";

    private static string Carried(in QuotaEvaluation one) =>
        one.Carried > 0 ? $"This includes {Amount(one.Carried, one.Rule.Rule.Measure)} left from earlier." : "";

    private static string Counted(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        var used = one.Used > 0 ? $"{Number(one.Used, measure)} {Are(one.Used, measure)} used" : "";
        var by = measure.CountsOutstanding ? "reserved for grants and for requests in review" : "held for requests in review";
        var held = one.Held > 0 ? $"{Number(one.Held, measure)} {Are(one.Held, measure)} {by}" : "";
        return (used, held) switch
        {
            ("", "") => "",
            (_, "") => $"Of these, {used}.",
            ("", _) => $"Of these, {held}.",
            _ => $"Of these, {used} and {held}.",
        };
    }

    private static string Asked(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        if (one.Requested == 0)
            return $"{Amount(one.Remaining, measure)} {Remain(one.Remaining, measure)}{Until(one)}.";
        var decides = one.IsBreached && one.Outcome == BreachOutcome.Review ? ", so a reviewer will decide" : "";
        return $"{measure.EnglishAsked} {Amount(one.Requested, measure)}{Left(one)}{decides}.";
    }

    /// <summary>Of a single request the limit itself says what is left.</summary>
    private static string Left(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        if (one.Rule.Rule.Window is PerRequestWindow)
            return "";
        var amount = one.Remaining == 0 ? "none remains" : $"{Number(one.Remaining, measure)} {Remain(one.Remaining, measure)}";
        return one.IsBreached ? $", but {(one.Remaining == 0 ? "" : "only ")}{amount}{Until(one)}" : $", and {amount}{Until(one)}";
    }

    private static string Until(in QuotaEvaluation one) =>
        one.ResetsAt is { } reset && !one.Rule.Rule.Window.FreesInParts ? $" until {QuotaMoments.Write(reset, one.Rule.Signature)}" : "";

    private static string MoreFrom(in QuotaEvaluation one) =>
        one.ResetsAt is { } reset && one.Rule.Rule.Window.FreesInParts
            ? $"More becomes free from {QuotaMoments.Write(reset, one.Rule.Signature)}."
            : "";

    private static string Next(in QuotaEvaluation one, QuotaAdvice advice)
    {
        var measure = one.Rule.Rule.Measure;
        var less = advice.For(one) is var (most, of) ? of.EnglishAtMost(Amount(most, of)) : null;
        return QuotaNextSteps.Of(one) switch
        {
            QuotaNextStep.Informed => one.Remaining > 0
                ? $"You may ask for up to {Amount(one.Remaining, measure)}."
                : "Nothing more passes under this limit now.",
            QuotaNextStep.Nothing => "Your request fits.",
            QuotaNextStep.Observed => "This limit is only observed, so it does not affect your request.",
            QuotaNextStep.Wait => less is null ? "Wait for the answer." : $"Ask for {less} to be approved now.",
            QuotaNextStep.AskAfterReset => NowOr(less, "ask again then") + ".",
            QuotaNextStep.AskAsPartsFree => NowOr(less, "ask again when enough has become free") + ".",
            QuotaNextStep.AskAfterRelease => NowOr(less, "ask again when a grant or request that counts here has ended") + ".",
            QuotaNextStep.AskOwners => NowOr(less, "ask an owner of your organization to raise it") + ". Waiting does not help.",
            _ => NowOr(less, "ask for a higher limit") + ". Waiting does not help.",
        };
    }

    private static string NowOr(string? less, string later) =>
        less is null ? char.ToUpperInvariant(later[0]) + later[1..] : $"Ask for {less} now, or {later}";

    private static string For(QuotaSubject subject) =>
        (subject.Level, subject.Grouping) switch
        {
            (SubjectLevel.Platform, _) => "all organizations together",
            (SubjectLevel.Programme, SubjectGrouping.Each) => "this programme",
            (SubjectLevel.Programme, _) => "these programmes together",
            (SubjectLevel.OrganizationKind, SubjectGrouping.Each) => "all organizations of your kind together",
            (SubjectLevel.OrganizationKind, _) => "all organizations of these kinds together",
            (SubjectLevel.Organization, SubjectGrouping.Each) => "your organization",
            (SubjectLevel.Organization, _) => "these organizations together",
            (SubjectLevel.Project, SubjectGrouping.Each) => "this project",
            (SubjectLevel.Project, _) => "these projects together",
            (SubjectLevel.Member, SubjectGrouping.Each) => "you",
            (SubjectLevel.Member, _) => "these members together",
            (SubjectLevel.Person, SubjectGrouping.Each) => subject.Counts switch
            {
                PersonCount.Owners => "each owner of your organization",
                PersonCount.Asker => "you, in all your organizations together,",
                _ => "each person who owns your organization or asks for it",
            },
            (SubjectLevel.Person, _) => "these people together",
            (_, SubjectGrouping.Each) => "this portal",
            _ => "these portals together",
        };

    private static string Amount(long amount, QuotaMeasure measure) => measure.EnglishAmount(amount);

    private static string Number(long amount, QuotaMeasure measure) => measure.Number(amount);

    private static string Remain(long amount, QuotaMeasure measure) => measure.IsOne(amount) ? "remains" : "remain";

    private static string Are(long amount, QuotaMeasure measure) => measure.IsOne(amount) ? "is" : "are";
}
