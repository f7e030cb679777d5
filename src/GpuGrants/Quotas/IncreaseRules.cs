namespace GpuGrants.Quotas;

/// <summary>Decides requests for a higher limit.</summary>
public static class IncreaseRules
{
    /// <summary>Answers at the moment <paramref name="now"/> for a subject that the rule limits.</summary>
    public static IncreaseDecision Decide(CompiledRule rule, SubjectId subject, long wanted, DateTimeOffset now) =>
        Decide(rule.Rule, rule.Overrides?.GetValueOrDefault(subject) ?? [], wanted, now);

    /// <summary>The same where the subject's overrides of the rule are known.</summary>
    public static IncreaseDecision Decide(QuotaRule rule, IReadOnlyList<QuotaOverride> overrides, long wanted, DateTimeOffset now)
    {
        var unit = MeasureRules.UnitOf(rule.Measure);
        var replaces = overrides.LastOrDefault(one => one.Effect == OverrideEffect.Replace && one.IsInForce(now));
        var present = replaces?.Amount ?? rule.Limit ?? 0;
        IncreaseDecision Answer(IncreaseVerdict verdict, string code, string message) => new(verdict, code, message, present, wanted, replaces);
        string Write(long amount) => AmountText.Write(amount, unit);

        if (rule.Sharing is not null)
        {
            return Answer(IncreaseVerdict.Refuse, "shared-limit", $"Rule '{rule.Id}' shares one amount between programmes. Ask the programme's administrators for another share.");
        }

        if (wanted <= present)
        {
            return Answer(IncreaseVerdict.Refuse, "not-higher", $"The limit of rule '{rule.Id}' is {Write(present)} already. Ask for more than that.");
        }

        if (wanted > LimitRules.MaxLimit) return Answer(IncreaseVerdict.Refuse, "too-large", $"{AmountText.Rule(unit)} Ask for less.");
        // Whoever lowered the limit meant it: the subject does not raise it again without a person.
        if (present < rule.Limit) return Answer(IncreaseVerdict.Review, "lowered", $"The limit of rule '{rule.Id}' was lowered to {Write(present)} by a person, so a person decides. Wait for the answer.");
        if (rule.IncreaseCeiling is not { } ceiling)
        {
            return Answer(IncreaseVerdict.Review, "no-ceiling", $"A person decides every increase of rule '{rule.Id}'. Wait for the answer.");
        }

        return wanted <= ceiling
            ? Answer(IncreaseVerdict.Approve, "within-ceiling", $"Rule '{rule.Id}' allows increases up to {Write(ceiling)} at once. The new limit is {Write(wanted)}.")
            : Answer(IncreaseVerdict.Review, "above-ceiling", $"A person decides increases of rule '{rule.Id}' above {Write(ceiling)}. Wait for the answer, or ask for at most {Write(ceiling)}.");
    }
}
