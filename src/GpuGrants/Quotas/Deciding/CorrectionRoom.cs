using GpuGrants.Units;

namespace GpuGrants.Quotas.Deciding;

/// <summary>
/// What a correction of usage may leave with its grant. Time that comes back is outstanding again in every window in which the grant may
/// use it. Others may have filled a limit on use there meanwhile. What finds no room in every window returns to the programme.
/// </summary>
/// <remarks>
/// A counter forgets windows that are over, so nothing has room in them. One exception: a record that came after a window's end was
/// outstanding when the window closed, so its time had room there.
/// </remarks>
public static class CorrectionRoom
{
    /// <summary>How much of a grant has to return with a correction, so that no limit on use in force is exceeded by it.</summary>
    /// <param name="match">The grant's context.</param>
    /// <param name="facts">What the correction takes back and what it counts instead, each of the grant.</param>
    /// <param name="recordedAt">When the corrected record was recorded.</param>
    /// <param name="counters">As they are before the correction. Not changed.</param>
    /// <param name="now">The present moment.</param>
    /// <returns>When it is more than the grant has left then, the new use has no room in a window.</returns>
    public static MissingRoom Missing(
        QuotaMatch match,
        IReadOnlyList<QuotaFact> facts,
        DateTimeOffset recordedAt,
        IQuotaCounters counters,
        DateTimeOffset now
    )
    {
        var most = default(MissingRoom);
        if (facts.Any(fact => fact.Kind == QuotaFactKind.Unused))
            foreach (var one in match.Counters)
                if (one.Signature is { NeedsCounter: true, Measure.CountsOutstanding: true })
                    most = most.Or(Missing(one, facts, recordedAt, counters, now));
        return most;
    }

    private static MissingRoom Missing(
        in MatchedCounter matched,
        IReadOnlyList<QuotaFact> facts,
        DateTimeOffset recordedAt,
        IQuotaCounters counters,
        DateTimeOffset now
    )
    {
        var counter = counters.Find(matched.Key) ?? new QuotaCounter();
        var change = new CorrectedWindows(matched.Signature.Clock, counter, facts, recordedAt, now);
        var most = default(MissingRoom);
        foreach (var rule in matched.Compiled.Rules)
        {
            if (!rule.IsInForce(now.UtcTicks) || rule.Outcome == BreachOutcome.Shadow)
                continue;
            var present = counter.Read(matched.Signature, now.ToUnixTimeMilliseconds(), rule.ClosingLimitsOf(matched.Subject));
            var limit = rule.LimitFor(matched.Subject, now);
            var missing = rule.Sharing is null
                ? change.WithoutRoom(present.WindowStartMs, window => (window is { } one ? counter.Read(one) : present).Left(limit))
                : change.WithoutRoomNow(QuotaDecision.RemainingShare(rule, matched, counters, now));
            most = most.Or(new MissingRoom(GpuTime.FromSeconds(missing), rule, matched.Subject));
        }

        return most;
    }
}

/// <summary>What finds no room under the tightest limit on use.</summary>
/// <param name="Time">
/// It has to return. <see cref="GpuTime.MaxSeconds"/> when use moves to where nobody remembers what others used.
/// </param>
/// <param name="Rule">The rule with that limit; null when all has room.</param>
/// <param name="Subject">Whose limit it is.</param>
public readonly record struct MissingRoom(GpuTime Time, CompiledRule? Rule, SubjectId Subject)
{
    internal MissingRoom Or(MissingRoom other) => other.Time.Seconds > Time.Seconds ? other : this;
}
