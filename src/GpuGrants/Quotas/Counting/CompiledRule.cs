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
        Outcome = policy.Document!.OutcomeOf(rule);
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

    /// <summary>The sharing with what overrides in force make of its nodes.</summary>
    internal ShareTree? SharingAt(DateTimeOffset at) =>
        Sharing is null || Overrides is null || !Overrides.Values.Any(some => some.Any(one => one.IsInForce(at)))
            ? Sharing
            : new ShareTree(Rule.Sharing!, node => Overridden(node, at));

    internal QuotaUnit Unit { get; }

    /// <summary>What a breach leads to: of a policy that is only counted and reported, nothing.</summary>
    public BreachOutcome Outcome { get; }

    /// <summary>Whether the policy is in force then: <see cref="PublishedPolicy.IsInForce"/>, compiled.</summary>
    internal bool IsInForce(long utcTicks) => _fromTicks <= utcTicks && utcTicks < _untilTicks;

    /// <summary>The limit for the subject at the moment, with what overrides make of it.</summary>
    public long LimitFor(SubjectId subject, DateTimeOffset at) =>
        Overrides is not null && Overrides.TryGetValue(subject, out var overrides) ? LimitRules.Apply(_limit, overrides, at) : _limit;

    private long Overridden(ShareNode node, DateTimeOffset at) =>
        Overrides!.TryGetValue(SubjectId.Of(node.ProgrammeId), out var overrides)
            ? Math.Min(LimitRules.Apply(node.Nominal, overrides, at), SharingValidator.MaxNominal)
            : node.Nominal;

    /// <summary>
    /// The versions of this rule that count the same, itself included, also those that are over. Empty when its window carries nothing
    /// over.
    /// </summary>
    internal IReadOnlyList<CompiledRule> Versions { get; set; } = [];

    /// <summary>
    /// By what the subject's past windows carry over: the version and the overrides in force when each closed. So a limit that was changed
    /// later changes nothing of them.
    /// </summary>
    /// <returns>Null when the rule carries nothing over.</returns>
    internal ClosingLimits? ClosingLimitsOf(SubjectId subject) => Versions.Count == 0 ? null : ms => ClosingLimit(subject, ms);

    /// <summary>The highest limit by which a window carries over that closed before the instant; 0 when none did.</summary>
    internal long HighestClosed(SubjectId subject, long windowStartMs) =>
        Signature.Clock is CycleClock clock && Versions.Count > 0
            ? clock.ClosedBefore(windowStartMs).Max(window => ClosingLimit(subject, window.EndMs - 1)?.Limit ?? 0)
            : 0;

    private ClosingLimit? ClosingLimit(SubjectId subject, long ms)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(ms);
        for (var i = 0; i < Versions.Count; i++)
        {
            var version = Versions[i];
            if (version.IsInForce(at.UtcTicks))
                return new ClosingLimit(version.LimitFor(subject, at), version.Rule.Window.Carries!);
        }

        return null;
    }

    /// <summary>The versions that are or were in force, by which what carries over is reckoned.</summary>
    internal IEnumerable<PublishedPolicy> VersionsUntil(DateTimeOffset now) =>
        Versions.Select(version => version.Policy).Where(policy => policy.EffectiveFrom <= now);

    /// <summary>The overrides of the subject on which an answer at the moment depends.</summary>
    internal IEnumerable<QuotaOverride> OverridesFor(SubjectId subject, DateTimeOffset now)
    {
        if (Overrides is null)
            return [];
        // The share of one programme depends on what all others have.
        var overrides = Sharing is null ? Overrides.GetValueOrDefault(subject) ?? [] : Overrides.Values.SelectMany(some => some);
        return Signature.Clock.CarriesFrom(now.ToUnixTimeMilliseconds()) is { } fromMs
            ? overrides.Where(one => one.StartsAt <= now && !(one.Until <= DateTimeOffset.FromUnixTimeMilliseconds(fromMs)))
            : overrides.Where(one => one.IsInForce(now));
    }
}
