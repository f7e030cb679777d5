namespace GpuGrants.Quotas.Increases;

/// <summary>What is said to somebody who asks for a higher limit, with what to do next, in English and Korean.</summary>
internal sealed class IncreaseSentences(QuotaRule rule, long present, long wanted)
{
    private readonly QuotaUnit _unit = rule.Measure.Unit;

    public (string English, string Korean) Of(string code) =>
        code switch
        {
            "shared-limit" => (
                $"{Name}: several programmes share this limit. Ask their administrators for another share.",
                $"{Name}: 여러 프로그램이 이 한도를 나누어 씁니다. 프로그램 관리자에게 배분 조정을 요청해 주십시오."
            ),
            "not-higher" => (
                $"{Name}: your limit is {English(present)} already. You asked for {English(wanted)}. Ask for more than {English(present)}.",
                $"{Name}: 현재 한도는 {Korean(present)}입니다. 이번에 {Korean(wanted)}을 요청하셨습니다. {Korean(present)}보다 높은 한도를 요청해 주십시오."
            ),
            "too-large" => (
                $"{Name}: the limit that you asked for is too large. {AmountText.Rule(_unit)} Ask for less.",
                $"{Name}: 요청하신 한도가 너무 큽니다. 더 낮은 한도를 요청해 주십시오."
            ),
            "lowered" => (
                $"{Name}: a person lowered your limit to {English(present)}, so a person decides. Wait for the answer.",
                $"{Name}: 현재 한도 {Korean(present)}은 담당자가 낮춘 값이므로 담당자가 결정합니다. 결과를 기다려 주십시오."
            ),
            "no-ceiling" => (
                $"{Name}: a person decides every increase of this limit. Wait for the answer.",
                $"{Name}: 이 한도의 상향은 모두 담당자가 결정합니다. 결과를 기다려 주십시오."
            ),
            "within-ceiling" => (
                $"{Name}: limits up to {English(Ceiling)} are granted at once. Your new limit is {English(wanted)}.",
                $"{Name}: {Korean(Ceiling)}까지는 한도를 바로 올릴 수 있습니다. 새 한도는 {Korean(wanted)}입니다."
            ),
            _ => (
                $"{Name}: limits up to {English(Ceiling)} are granted at once. You asked for {English(wanted)}, so a person decides. "
                    + $"Wait for the answer, or ask for {English(Ceiling)} or less.",
                $"{Name}: {Korean(Ceiling)}까지는 한도를 바로 올릴 수 있습니다. 이번에 {Korean(wanted)}을 요청하셨으므로 담당자가 결정합니다. "
                    + $"결과를 기다리시거나 {Korean(Ceiling)} 이하로 요청해 주십시오."
            ),
        };

    private string Name => rule.Title ?? rule.Id;

    private long Ceiling => rule.IncreaseCeiling ?? 0;

    private string English(long amount) => rule.Measure.EnglishAmount(amount);

    private string Korean(long amount) => rule.Measure.KoreanAmount(amount);
}
