namespace GpuGrants.Quotas.Increases;

/// <summary>Decides requests for a higher limit.</summary>
public static class IncreaseRules
{
    /// <summary>Answers at the moment <paramref name="now"/> for a subject that the rule limits.</summary>
    public static IncreaseDecision Decide(CompiledRule rule, SubjectId subject, long wanted, DateTimeOffset now) =>
        Decide(rule.Rule, rule.Overrides?.GetValueOrDefault(subject) ?? [], wanted, now);

    /// <summary>The same where the subject's overrides of the rule are known. Those of other periods do not matter.</summary>
    public static IncreaseDecision Decide(QuotaRule rule, IReadOnlyList<QuotaOverride> overrides, long wanted, DateTimeOffset now)
    {
        var limit = rule.Limit ?? 0;
        QuotaOverride[] standing =
        [
            .. overrides.Where(one => one.IsInForce(now) && (one.Effect == OverrideEffect.Replace || one.Lowers(limit))),
        ];
        var present = LimitRules.Apply(limit, standing, now);
        var sentences = new IncreaseSentences(rule, present, wanted);
        IncreaseDecision Answer(IncreaseVerdict verdict, string code)
        {
            var (english, korean) = sentences.Of(code);
            return new IncreaseDecision(verdict, code, english, korean, present, wanted, standing);
        }

        if (rule.Sharing is not null)
            return Answer(IncreaseVerdict.Refuse, "shared-limit");
        if (wanted <= present)
            return Answer(IncreaseVerdict.Refuse, "not-higher");
        if (wanted > QuotaUnits.MaxLimit)
            return Answer(IncreaseVerdict.Refuse, "too-large");
        // Whoever lowered the limit meant it: the subject does not raise it again without a person.
        if (standing.Any(one => one.Lowers(limit)))
            return Answer(IncreaseVerdict.Review, "lowered");
        if (rule.IncreaseCeiling is not { } ceiling)
            return Answer(IncreaseVerdict.Review, "no-ceiling");
        return wanted <= ceiling ? Answer(IncreaseVerdict.Approve, "within-ceiling") : Answer(IncreaseVerdict.Review, "above-ceiling");
    }

    /// <summary>
    /// When an increase holds: from now on, but not while an override replaces the limit that somebody made for a later period.
    /// </summary>
    /// <param name="overrides">The subject's overrides of the rule, without those that the increase ends.</param>
    /// <param name="now">The moment of the increase.</param>
    /// <returns>Stretches of time in their order; a null is no end. Empty when the later overrides leave no time.</returns>
    public static IReadOnlyList<(DateTimeOffset From, DateTimeOffset? Until)> Periods(
        IEnumerable<QuotaOverride> overrides,
        DateTimeOffset now
    )
    {
        var periods = new List<(DateTimeOffset, DateTimeOffset?)>();
        DateTimeOffset? from = now;
        foreach (
            var later in overrides
                .Where(one => one.Effect == OverrideEffect.Replace && !(one.Until <= now) && !(one.Until <= one.StartsAt))
                .OrderBy(one => one.StartsAt)
        )
        {
            if (from < later.StartsAt)
                periods.Add((from.Value, later.StartsAt));
            from = later.Until;
            if (from is null)
                return periods;
        }

        periods.Add((from!.Value, null));
        return periods;
    }
}
