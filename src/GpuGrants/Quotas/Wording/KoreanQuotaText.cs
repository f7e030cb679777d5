namespace GpuGrants.Quotas.Wording;

/// <summary>An evaluation in short Korean sentences for applicants: the rule, the numbers with their unit, the next step.</summary>
internal static class KoreanQuotaText
{
    public static string Write(QuotaEvaluation one, QuotaAdvice advice)
    {
        var limit = Limit(one, "귀 조직이", For(one.Rule.Rule.Subject));
        return Joined(limit, Carried(one), Counted(one), Asked(one), MoreFrom(one), Next(one, advice));
    }

    /// <summary>The same without the next step of the applicant, for somebody who decides about them.</summary>
    public static string WriteForReviewer(QuotaEvaluation one) =>
        Joined(Limit(one, "조직이", ForReviewer(one.Rule.Rule.Subject)), Carried(one), Counted(one), Added(one), MoreFrom(one));

    private static string Joined(params string[] sentences) => string.Join(' ', sentences.Where(sentence => sentence.Length > 0));

    private static string Limit(in QuotaEvaluation one, string owner, string subject)
    {
        var rule = one.Rule.Rule;
        var freely = one.Outcome == BreachOutcome.Review ? " 심사 없이" : "";
        return $"{Name(one, owner)}: {subject} {rule.Window.Korean()}{freely} {May(one.Limit, rule.Measure)}.";
    }

    private static string Name(in QuotaEvaluation one, string owner) =>
        !one.Rule.Policy.IsOfOrganization ? one.Rule.Rule.Title ?? one.Rule.Rule.Id
        : one.Rule.Rule.Title is { } title ? $"{owner} 정한 한도 '{title}'"
        : $"{owner} 정한 한도";

    private static string Added(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        var added = $"이 지원으로 {Amount(one.Requested, measure)}이 더해지";
        if (one.Rule.Rule.Window is PerRequestWindow)
            return $"{added}게 됩니다.";
        var left = one.Remaining == 0 ? "남은 양이 없습니다" : $"{Amount(one.Remaining, measure)}만 남아 있습니다";
        return one.IsBreached
            ? $"{added}지만, {Until(one)}{left}."
            : $"{added}고, {Until(one)}{Amount(one.Remaining, measure)}이 남아 있습니다.";
    }

    private static string May(long limit, QuotaMeasure measure) =>
        $"{Amount(limit, measure)}까지{(limit == 0 ? "만" : "")} {measure.KoreanVerb} 수 있습니다";

    private static string Carried(in QuotaEvaluation one) =>
        one.Carried > 0 ? $"이 한도에는 이월분 {Amount(one.Carried, one.Rule.Rule.Measure)}이 포함되어 있습니다." : "";

    private static string Counted(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        var by = measure.CountsOutstanding ? "승인된 사용량과 심사 중인 요청에" : "심사 중인 요청에";
        return (one.Used > 0, one.Held > 0) switch
        {
            (true, true) => $"그중 {Amount(one.Used, measure)}을 사용했고, {Amount(one.Held, measure)}은 {by} 잡혀 있습니다.",
            (true, false) => $"그중 {Amount(one.Used, measure)}을 사용했습니다.",
            (false, true) => $"그중 {Amount(one.Held, measure)}은 {by} 잡혀 있습니다.",
            _ => "",
        };
    }

    private static string Asked(in QuotaEvaluation one)
    {
        var measure = one.Rule.Rule.Measure;
        if (one.Requested == 0)
            return $"{Until(one)}{Amount(one.Remaining, measure)}이 남아 있습니다.";
        var asked = $"이번에 {Amount(one.Requested, measure)}을 요청하셨";
        var isReviewed = one.IsBreached && one.Outcome == BreachOutcome.Review;
        // Of a single request the limit itself says what is left.
        if (one.Rule.Rule.Window is PerRequestWindow)
            return isReviewed ? $"{asked}으므로 담당자가 심사합니다." : $"{asked}습니다.";
        if (!one.IsBreached)
            return $"{asked}고, {Until(one)}{Amount(one.Remaining, measure)}이 남아 있습니다.";
        var left = one.Remaining == 0 ? "남은 양이 없" : $"{Amount(one.Remaining, measure)}만 남아 있";
        return $"{asked}지만, {Until(one)}{left}{(isReviewed ? "어 담당자가 심사합니다" : "습니다")}.";
    }

    private static string Until(in QuotaEvaluation one) =>
        one.ResetsAt is { } reset && !one.Rule.Rule.Window.FreesInParts ? $"{QuotaMoments.Write(reset, one.Rule.Signature)}까지 " : "";

    private static string MoreFrom(in QuotaEvaluation one) =>
        one.ResetsAt is { } reset && one.Rule.Rule.Window.FreesInParts
            ? $"{QuotaMoments.Write(reset, one.Rule.Signature)}부터 일부를 다시 사용할 수 있습니다."
            : "";

    private static string Next(in QuotaEvaluation one, QuotaAdvice advice)
    {
        var measure = one.Rule.Rule.Measure;
        var less = advice.For(one) is var (most, of) ? of.KoreanAtMost(Amount(most, of)) : null;
        return QuotaNextSteps.Of(one) switch
        {
            QuotaNextStep.Informed => one.Remaining > 0
                ? $"{Amount(one.Remaining, measure)}까지 요청할 수 있습니다."
                : "지금은 이 한도에서 더 요청할 수 없습니다.",
            QuotaNextStep.Nothing => "요청이 한도 안에 있습니다.",
            QuotaNextStep.Observed => "이 한도는 관찰만 하므로 요청에 영향을 주지 않습니다.",
            QuotaNextStep.Wait => less is null ? "결과를 기다려 주십시오." : $"바로 승인받으려면 {less} 요청해 주십시오.",
            QuotaNextStep.AskAfterReset => $"{NowOr(less)}그 이후에 다시 요청해 주십시오.",
            QuotaNextStep.AskAsPartsFree => $"{NowOr(less)}충분한 양이 풀린 뒤 다시 요청해 주십시오.",
            QuotaNextStep.AskAfterRelease => $"{NowOr(less)}이 한도에 포함되는 지원이나 요청이 끝난 뒤 다시 요청해 주십시오.",
            QuotaNextStep.AskOwners => $"{NowOr(less)}조직의 소유자에게 한도 상향을 요청해 주십시오. 기다려도 승인되지 않습니다.",
            _ => $"{NowOr(less)}한도 상향을 요청해 주십시오. 기다려도 승인되지 않습니다.",
        };
    }

    private static string NowOr(string? less) => less is null ? "" : $"지금 {less} 요청하시거나, ";

    private static string For(QuotaSubject subject) =>
        (subject.Level, subject.Grouping) switch
        {
            (SubjectLevel.Platform, _) => "모든 조직은 합쳐서",
            (SubjectLevel.Programme, SubjectGrouping.Each) => "이 프로그램은",
            (SubjectLevel.Programme, _) => "해당 프로그램들은 합쳐서",
            (SubjectLevel.OrganizationKind, SubjectGrouping.Each) => "같은 종류의 모든 조직은 합쳐서",
            (SubjectLevel.OrganizationKind, _) => "해당 종류의 모든 조직은 합쳐서",
            (SubjectLevel.Organization, SubjectGrouping.Each) => "귀 조직은",
            (SubjectLevel.Organization, _) => "해당 조직들은 합쳐서",
            (SubjectLevel.Project, SubjectGrouping.Each) => "이 프로젝트는",
            (SubjectLevel.Project, _) => "해당 프로젝트들은 합쳐서",
            (SubjectLevel.Member, SubjectGrouping.Each) => "귀하는",
            (SubjectLevel.Member, _) => "해당 구성원들은 합쳐서",
            (SubjectLevel.Person, SubjectGrouping.Each) => subject.Counts switch
            {
                PersonCount.Owners => "귀 조직의 각 소유자는",
                PersonCount.Asker => "귀하는 모든 조직을 합쳐서",
                _ => "귀 조직의 각 소유자와 신청자는",
            },
            (SubjectLevel.Person, _) => "해당 사람들은 합쳐서",
            (_, SubjectGrouping.Each) => "이 포털은",
            _ => "해당 포털들은 합쳐서",
        };

    private static string ForReviewer(QuotaSubject subject) =>
        (subject.Level, subject.Grouping) switch
        {
            (SubjectLevel.OrganizationKind, SubjectGrouping.Each) => "신청 조직과 같은 종류의 모든 조직은 합쳐서",
            (SubjectLevel.Organization, SubjectGrouping.Each) => "신청 조직은",
            (SubjectLevel.Project, SubjectGrouping.Each) => "신청 프로젝트는",
            (SubjectLevel.Member, SubjectGrouping.Each) => "신청한 구성원은",
            (SubjectLevel.Partner, SubjectGrouping.Each) => "신청한 포털은",
            (SubjectLevel.Person, SubjectGrouping.Each) => subject.Counts switch
            {
                PersonCount.Owners => "신청 조직의 각 소유자는",
                PersonCount.Asker => "신청자는 모든 조직을 합쳐서",
                _ => "신청 조직의 각 소유자와 신청자는",
            },
            _ => For(subject),
        };

    private static string Amount(long amount, QuotaMeasure measure) => measure.KoreanAmount(amount);
}
