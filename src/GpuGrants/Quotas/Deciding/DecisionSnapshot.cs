using GpuGrants.Units;

namespace GpuGrants.Quotas.Deciding;

/// <summary>All that a decision saw, so that it can be taken again: policy versions by number, overrides and counters by value.</summary>
public sealed record DecisionSnapshot
{
    /// <summary>Who asked, for what, in which programmes.</summary>
    public required QuotaContext Context { get; init; }

    /// <summary>The moment of the decision.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The GPU time asked for, in GPU-seconds.</summary>
    public required long GpuSeconds { get; init; }

    /// <summary>The offer's rate, in millicredits per GPU-hour.</summary>
    public required long Rate { get; init; }

    /// <summary>GPUs at one time.</summary>
    public required int Gpus { get; init; }

    /// <summary>Whether the asking had been counted before: see <see cref="QuotaAsk"/>.</summary>
    public bool IsCountedAlready { get; init; }

    /// <summary>What the ask would add.</summary>
    public AskedPart Part { get; init; }

    /// <summary>
    /// By which edition of the service it was taken. The words of reasons differ between editions; verdicts and numbers do not.
    /// </summary>
    public int Edition { get; init; } = CurrentEdition;

    /// <summary>The edition of decisions that are taken now.</summary>
    public static int CurrentEdition => SnapshotFormat.Edition;

    /// <summary>The versions that bore on the request, also those by which past windows carry over.</summary>
    public required IReadOnlyList<PinnedPolicy> Policies { get; init; }

    /// <summary>The overrides in force for its subjects, also those that were when past windows closed.</summary>
    public required IReadOnlyList<QuotaOverride> Overrides { get; init; }

    /// <summary>The counters that were read; those that did not exist are left out.</summary>
    public required IReadOnlyList<PinnedCounter> Counters { get; init; }

    /// <summary>When the grant could be used; null when nobody stated it.</summary>
    public GrantLife? Life { get; init; }

    /// <summary>What was asked for.</summary>
    public QuotaAsk Ask =>
        new(GpuTime.FromSeconds(GpuSeconds), Units.Rate.FromMillicredits(Rate), Gpus, IsCountedAlready, Life) { Part = Part };

    /// <summary>
    /// Pins what <see cref="QuotaDecision.Decide"/> reads at the moment; call it before the decision's own facts are applied.
    /// </summary>
    public static DecisionSnapshot Take(QuotaMatch match, QuotaAsk ask, IQuotaCounters counters, DateTimeOffset now)
    {
        var rules = match
            .Counters.SelectMany(one => one.Compiled.Rules.Select(rule => (Rule: rule, one.Subject)))
            .Where(one => one.Rule.Policy.IsInForce(now))
            .ToList();
        return new DecisionSnapshot
        {
            Context = match.Context,
            Now = now,
            GpuSeconds = ask.Time.Seconds,
            Rate = ask.Rate.MillicreditsPerGpuHour,
            Gpus = ask.Gpus,
            IsCountedAlready = ask.IsCountedAlready,
            Part = ask.Part,
            Life = ask.Life,
            Policies =
            [
                .. rules
                    .Select(one => one.Rule.Policy)
                    .Concat(rules.Where(one => one.Rule.Versions.Count > 1).SelectMany(one => one.Rule.VersionsUntil(now)))
                    .Concat(match.Unreadable.Where(policy => policy.IsInForce(now)))
                    .Select(policy => new PinnedPolicy(policy.PolicyId, policy.Version, policy.TimeZone, !policy.IsInForce(now)))
                    .Distinct(),
            ],
            Overrides = [.. rules.SelectMany(one => one.Rule.OverridesFor(one.Subject, now)).Distinct()],
            Counters =
            [
                .. match
                    .Keys.Select(key => (key, counters.Find(key)))
                    .Where(pair => pair.Item2 is not null)
                    .Select(pair => PinnedCounter.Of(pair.key, pair.Item2!)),
            ],
        };
    }

    /// <summary>
    /// Decides again. <paramref name="policies"/> must hold the pinned versions, with their dates and the scope in force at that time;
    /// others
    /// are ignored.
    /// </summary>
    /// <exception cref="ArgumentException">A pinned version is missing.</exception>
    public QuotaDecision Replay(IReadOnlyList<PublishedPolicy> policies)
    {
        var pinned = Policies.Select(one => InForce(one, policies)).ToList();
        var match = CompiledQuotas.Compile(pinned, Overrides).Match(Context);
        var seen = Counters.ToDictionary(one => (one.SignatureId, one.SubjectId), one => one.Counter);
        var counters = new CountersInMemory();
        foreach (var key in match.Keys)
            if (seen.TryGetValue((key.SignatureId, key.Subject.ToString()), out var counter))
                counters.Set(key, counter);
        return QuotaDecision.Decide(match, Ask, counters, Now);
    }

    /// <summary>What was in force is taken so, whatever happened to it since. What was over by then stays over.</summary>
    private static PublishedPolicy InForce(PinnedPolicy pinned, IReadOnlyList<PublishedPolicy> policies)
    {
        var policy =
            policies.FirstOrDefault(one => one.PolicyId == pinned.PolicyId && one.Version == pinned.Version)
            ?? throw new ArgumentException($"Version {pinned.Version} of policy {pinned.PolicyId} is missing.", nameof(policies));
        return policy with { EffectiveUntil = pinned.IsOver ? policy.EffectiveUntil : null, TimeZone = pinned.TimeZone ?? policy.TimeZone };
    }

    /// <summary>The compact form that is stored with the decision.</summary>
    public byte[] ToBytes() => SnapshotFormat.Write(this);

    /// <exception cref="FormatException">The bytes are not a snapshot.</exception>
    public static DecisionSnapshot FromBytes(byte[] bytes) => SnapshotFormat.Read(bytes);

    /// <summary>The context alone, without what else was pinned.</summary>
    /// <exception cref="FormatException">The bytes are not a snapshot.</exception>
    public static QuotaContext ContextOf(byte[] bytes) => SnapshotFormat.ReadContext(bytes);
}

/// <summary>A counter as a decision read it.</summary>
public sealed record PinnedCounter(
    Guid SignatureId,
    string SubjectId,
    IReadOnlyList<long> Starts,
    IReadOnlyList<long> Used,
    IReadOnlyList<long> Held
)
{
    /// <summary>A counter to read from.</summary>
    public QuotaCounter Counter => new(Starts, Used, Held);

    /// <summary>Pins a counter as it is now.</summary>
    public static PinnedCounter Of(CounterKey key, QuotaCounter counter) =>
        new(key.SignatureId, key.Subject.ToString(), counter.Starts, counter.Used, counter.Held);
}

/// <summary>A policy version that a decision used.</summary>
/// <param name="TimeZone">The time zone of its scope then: a programme's may change. Null in snapshots from before it was pinned.</param>
/// <param name="IsOver">Whether it was over by then, and only says what past windows carry over.</param>
public sealed record PinnedPolicy(Guid PolicyId, int Version, string? TimeZone = null, bool IsOver = false);
