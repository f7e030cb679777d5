namespace GpuGrants.Quotas.Wording;

/// <summary>An evaluation as one Korean sentence for applicants.</summary>
/// <remarks>Every unit ends in a consonant (시간, 크레딧, 건, 장), so that the particles after amounts are always the same.</remarks>
internal static class KoreanQuotaText
{
    public static string Write(QuotaEvaluation one)
    {
        var rule = one.Rule.Rule;
        var measure = rule.Measure;
        var carried = one.Carried > 0 ? $"(이월분 {Amount(one.Carried, measure)} 포함)" : "";
        var held = one.Held > 0 ? $" {Amount(one.Held, measure)}이 심사 중인 요청에 묶여 있고," : "";
        var asked = one.Requested > 0 ? $"있는데, 이번에 {Amount(one.Requested, measure)}을 요청하셨으므로" : "있으므로";
        return $"{rule.Title ?? rule.Id}: {For(rule.Subject)} 한도는 {rule.Window.Korean()} {Amount(one.Limit, measure)}{carried}이고, "
            + $"{Amount(one.Used, measure)}을 사용했고,{held} {Until(one)}{Amount(one.Remaining, measure)}이 남아 {asked} {Next(one)}.";
    }

    private static string Until(in QuotaEvaluation one) =>
        one.ResetsAt is not { } reset ? ""
        : one.Rule.Rule.Window.FreesInParts ? $"다음 반환 시각인 {QuotaMoments.Write(reset, one.Rule.Signature)} 전까지 "
        : $"초기화 시각인 {QuotaMoments.Write(reset, one.Rule.Signature)} 전까지 ";

    private static string Next(in QuotaEvaluation one)
    {
        var less = QuotaNextSteps.Offer(one) is { } most ? $"지금 {AtMost(one, most)} 요청하시거나 " : "";
        return QuotaNextSteps.Of(one) switch
        {
            QuotaNextStep.Informed => one.Remaining > 0 ? "남은 만큼 요청하실 수 있습니다" : "지금은 이 한도에서 더 요청하실 수 없습니다",
            QuotaNextStep.Nothing => "한도 안에 있어 따로 하실 일은 없습니다",
            QuotaNextStep.Observed => "이 한도는 아직 관찰만 하므로 따로 하실 일은 없습니다",
            QuotaNextStep.Wait => less.Length == 0
                ? "담당자가 결정할 때까지 기다려 주십시오"
                : $"{less}담당자가 결정할 때까지 기다려 주십시오",
            QuotaNextStep.AskAfterReset => $"{less}초기화된 뒤에 다시 요청해 주십시오",
            QuotaNextStep.AskAsPartsFree => $"{less}앞서 받은 양이 기간에서 빠진 뒤에 다시 요청해 주십시오",
            QuotaNextStep.AskAfterRelease => $"{less}진행 중인 것이 끝나거나 반환된 뒤에 다시 요청해 주십시오",
            _ => $"{less}기다려도 통과할 수 없으니 한도 상향을 요청해 주십시오",
        };
    }

    private static string AtMost(in QuotaEvaluation one, long most) =>
        one.Rule.Rule.Measure.KoreanAtMost(Amount(most, one.Rule.Rule.Measure));

    private static string For(QuotaSubject subject) =>
        (subject.Level, subject.Grouping) switch
        {
            (SubjectLevel.Platform, _) => "모두가 함께 쓰는",
            (SubjectLevel.Programme, SubjectGrouping.Each) => "이 프로그램의",
            (SubjectLevel.Programme, _) => "해당 프로그램들이 함께 쓰는",
            (SubjectLevel.OrganizationKind, SubjectGrouping.Each) => "같은 종류의 모든 조직이 함께 쓰는",
            (SubjectLevel.OrganizationKind, _) => "해당 종류의 모든 조직이 함께 쓰는",
            (SubjectLevel.Organization, SubjectGrouping.Each) => "귀 조직의",
            (SubjectLevel.Organization, _) => "해당 조직들이 함께 쓰는",
            (SubjectLevel.Project, SubjectGrouping.Each) => "이 프로젝트의",
            (SubjectLevel.Project, _) => "해당 프로젝트들이 함께 쓰는",
            (SubjectLevel.Member, SubjectGrouping.Each) => "본인의",
            (SubjectLevel.Member, _) => "해당 구성원들이 함께 쓰는",
            (_, SubjectGrouping.Each) => "이 포털의",
            _ => "해당 포털들이 함께 쓰는",
        };

    private static string Amount(long amount, QuotaMeasure measure) => measure.Korean(AmountText.Write(amount, measure.Unit));
}
