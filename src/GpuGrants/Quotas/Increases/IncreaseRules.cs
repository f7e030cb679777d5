namespace GpuGrants.Quotas.Increases;

/// <summary>Decides requests for a higher limit.</summary>
public static class IncreaseRules
{
    /// <summary>Answers at the moment <paramref name="now"/> for a subject that the rule limits.</summary>
    public static IncreaseDecision Decide(CompiledRule rule, SubjectId subject, long wanted, DateTimeOffset now) =>
        Decide(rule.Rule, rule.Overrides?.GetValueOrDefault(subject) ?? [], wanted, now);

    /// <summary>The same where the subject's overrides of the rule are known.</summary>
    public static IncreaseDecision Decide(QuotaRule rule, IReadOnlyList<QuotaOverride> overrides, long wanted, DateTimeOffset now)
    {
        var replaces = overrides.LastOrDefault(one => one.Effect == OverrideEffect.Replace && one.IsInForce(now));
        var present = replaces?.Amount ?? rule.Limit ?? 0;
        var sentences = new IncreaseSentences(rule, present, wanted);
        IncreaseDecision Answer(IncreaseVerdict verdict, string code)
        {
            var (english, korean) = sentences.Of(code);
            return new IncreaseDecision(verdict, code, english, korean, present, wanted, replaces);
        }

        if (rule.Sharing is not null)
            return Answer(IncreaseVerdict.Refuse, "shared-limit");
        if (wanted <= present)
            return Answer(IncreaseVerdict.Refuse, "not-higher");
        if (wanted > QuotaUnits.MaxLimit)
            return Answer(IncreaseVerdict.Refuse, "too-large");
        // Whoever lowered the limit meant it: the subject does not raise it again without a person.
        if (present < rule.Limit)
            return Answer(IncreaseVerdict.Review, "lowered");
        if (rule.IncreaseCeiling is not { } ceiling)
            return Answer(IncreaseVerdict.Review, "no-ceiling");
        return wanted <= ceiling ? Answer(IncreaseVerdict.Approve, "within-ceiling") : Answer(IncreaseVerdict.Review, "above-ceiling");
    }
}
