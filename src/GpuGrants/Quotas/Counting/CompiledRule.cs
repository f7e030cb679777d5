namespace GpuGrants.Quotas.Counting;

/// <summary>A rule ready to decide with.</summary>
public sealed class CompiledRule
{
    private readonly long _limit;
    private readonly long _fromTicks;
    private readonly long _untilTicks;

    internal CompiledRule(
        PublishedPolicy policy,
        QuotaRule rule,
        RuleSignature signature,
        Dictionary<SubjectId, QuotaOverride[]>? overrides
    )
    {
        Policy = policy;
        Rule = rule;
        Signature = signature;
        Overrides = overrides;
        Sharing = rule.Sharing is null ? null : new ShareTree(rule.Sharing);
        Unit = rule.Measure.Unit;
        _limit = rule.Limit ?? 0;
        _fromTicks = policy.EffectiveFrom.UtcTicks;
        _untilTicks = policy.EffectiveUntil?.UtcTicks ?? long.MaxValue;
    }

    /// <summary>The version that the rule belongs to.</summary>
    public PublishedPolicy Policy { get; }

    /// <summary>The rule as it was published.</summary>
    public QuotaRule Rule { get; }

    /// <summary>What it counts.</summary>
    public RuleSignature Signature { get; }

    internal Dictionary<SubjectId, QuotaOverride[]>? Overrides { get; }

    internal ShareTree? Sharing { get; }

    internal QuotaUnit Unit { get; }

    /// <summary>Whether the policy is in force then: <see cref="PublishedPolicy.IsInForce"/>, compiled.</summary>
    internal bool IsInForce(long utcTicks) => _fromTicks <= utcTicks && utcTicks < _untilTicks;

    /// <summary>The limit for the subject at the moment, with what overrides make of it.</summary>
    public long LimitFor(SubjectId subject, DateTimeOffset at) =>
        Overrides is not null && Overrides.TryGetValue(subject, out var overrides) ? LimitRules.Apply(_limit, overrides, at) : _limit;

    /// <summary>
    /// The limits by which windows of the past are reckoned when they carry over. An override lifts only windows that ended while it was in
    /// force: a higher limit today leaves nothing more of months ago.
    /// </summary>
    /// <returns>By the last instant of a window; null where no override makes a difference.</returns>
    internal Func<long, long>? PastLimitsFor(SubjectId subject, DateTimeOffset now)
    {
        if (Signature.Window.Carries is null || Overrides is null || !Overrides.TryGetValue(subject, out var overrides))
            return null;
        QuotaOverride[] present = [.. overrides.Where(one => one.IsInForce(now))];
        if (present.Length == 0)
            return null;
        var limit = LimitRules.Apply(_limit, present, now);
        return ms => Math.Min(limit, LimitRules.Apply(_limit, present, DateTimeOffset.FromUnixTimeMilliseconds(ms)));
    }
}
