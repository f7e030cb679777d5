namespace GpuGrants.Quotas.Increases;

/// <summary>What is said to somebody who asks for a higher limit, with what to do next, in English and Korean.</summary>
internal sealed class IncreaseSentences(QuotaRule rule, long present, long wanted)
{
    private readonly QuotaUnit _unit = MeasureRules.UnitOf(rule.Measure);

    public (string English, string Korean) Of(string code) =>
        code switch
        {
            "shared-limit" => (
                $"Rule '{rule.Id}' shares one amount between programmes. Ask the programme's administrators for another share.",
                $"'{rule.Id}' 규칙은 한도를 여러 프로그램이 나누어 씁니다. 프로그램 관리자에게 배분 조정을 요청해 주십시오."
            ),
            "not-higher" => (
                $"The limit of rule '{rule.Id}' is {Write(present)} already. Ask for more than that.",
                $"'{rule.Id}' 규칙의 현재 한도: {Write(present)}. 이보다 높은 한도를 요청해 주십시오."
            ),
            "too-large" => ($"{AmountText.Rule(_unit)} Ask for less.", "요청하신 한도가 너무 큽니다. 더 낮은 한도를 요청해 주십시오."),
            "lowered" => (
                $"The limit of rule '{rule.Id}' was lowered to {Write(present)} by a person, so a person decides. Wait for the answer.",
                $"'{rule.Id}' 규칙의 한도는 담당자가 낮춘 값입니다(현재 {Write(present)}). 담당자가 결정할 때까지 기다려 주십시오."
            ),
            "no-ceiling" => (
                $"A person decides every increase of rule '{rule.Id}'. Wait for the answer.",
                $"'{rule.Id}' 규칙의 한도 상향은 모두 담당자가 결정합니다. 결정할 때까지 기다려 주십시오."
            ),
            "within-ceiling" => (
                $"Rule '{rule.Id}' allows increases up to {Write(Ceiling)} at once. The new limit is {Write(wanted)}.",
                $"'{rule.Id}' 규칙은 {Write(Ceiling)}까지 한도를 바로 올릴 수 있습니다. 새 한도: {Write(wanted)}."
            ),
            _ => (
                $"A person decides increases of rule '{rule.Id}' above {Write(Ceiling)}. Wait for the answer, or ask for at most {Write(Ceiling)}.",
                $"'{rule.Id}' 규칙의 한도를 {Write(Ceiling)}보다 높이는 것은 담당자가 결정합니다. 결정할 때까지 기다리시거나 {Write(Ceiling)}까지만 요청해 주십시오."
            ),
        };

    private long Ceiling => rule.IncreaseCeiling ?? 0;

    private string Write(long amount) => AmountText.Write(amount, _unit);
}
