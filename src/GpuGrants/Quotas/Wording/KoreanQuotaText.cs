using GpuGrants.Calendars;

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
        return $"{rule.Title ?? rule.Id}: {For(rule.Subject)} 한도는 {Over(rule.Window)} {Amount(one.Limit, measure)}{carried}이고, "
            + $"{Amount(one.Used, measure)}을 사용했고,{held} {Until(one)}{Amount(one.Remaining, measure)}이 남아 {asked} {Next(one)}.";
    }

    private static string Until(in QuotaEvaluation one) =>
        one.ResetsAt is not { } reset ? ""
        : one.Rule.Rule.Window.Kind == WindowKind.Rolling ? $"다음 반환 시각인 {QuotaMoments.Write(reset, one.Rule.Signature)} 전까지 "
        : $"초기화 시각인 {QuotaMoments.Write(reset, one.Rule.Signature)} 전까지 ";

    private static string Next(in QuotaEvaluation one)
    {
        var less = QuotaNextSteps.Offer(one) is { } most ? $"지금 {AtMost(most, one.Rule.Rule.Measure)} 요청하시거나 " : "";
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

    private static string AtMost(long most, QuotaMeasure measure) =>
        measure == QuotaMeasure.CreditsGranted ? $"{Amount(most, measure)}으로 받을 수 있는 양까지만" : $"{Amount(most, measure)}까지만";

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

    private static string Over(QuotaWindow window) =>
        window.Kind switch
        {
            WindowKind.PerRequest => "요청 한 번에",
            WindowKind.Concurrent => "동시에",
            WindowKind.Lifetime => "전체 기간에",
            WindowKind.Calendar => Calendar(window.Unit ?? CalendarUnit.Month),
            WindowKind.FirstUse => $"첫 사용부터 {Duration(window)} 동안",
            _ => $"어느 {Duration(window)} 동안이든",
        };

    private static string Calendar(CalendarUnit unit) =>
        unit switch
        {
            CalendarUnit.Hour => "매시간",
            CalendarUnit.Day => "매일",
            CalendarUnit.Week => "매주",
            CalendarUnit.Month => "매월",
            CalendarUnit.Quarter => "매 분기",
            _ => "매년",
        };

    private static string Duration(QuotaWindow window) =>
        QuotaMoments.Write(window.Duration ?? TimeSpan.Zero, n => $"{n}일", n => $"{n}시간", n => $"{n}분", n => $"{n}초");

    private static string Amount(long amount, QuotaMeasure measure)
    {
        var number = AmountText.Write(amount, MeasureRules.UnitOf(measure));
        return measure switch
        {
            QuotaMeasure.GpuHoursGranted => $"{number} GPU시간",
            QuotaMeasure.GpuHoursUsed => $"사용 {number} GPU시간",
            QuotaMeasure.CreditsGranted => $"{number} 크레딧",
            QuotaMeasure.ActiveGrants => $"진행 중인 지원 {number}건",
            QuotaMeasure.GrantsAwarded => $"지원 {number}건",
            QuotaMeasure.ConcurrentGpus => $"GPU {number}장",
            QuotaMeasure.OpenRequests => $"대기 중인 요청 {number}건",
            _ => $"요청 {number}건",
        };
    }
}
