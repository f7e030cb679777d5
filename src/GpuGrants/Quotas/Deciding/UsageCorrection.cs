using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Quotas.Deciding;

/// <summary>What a correction of a usage record does to its grant, and what the counters hear of it.</summary>
public sealed record UsageCorrection
{
    private UsageCorrection() { }

    /// <summary>GPU-seconds that are used more; negative when it is less.</summary>
    public long Seconds { get; private init; }

    /// <summary>What the grant has left then, before anything returns.</summary>
    public GpuTime Left { get; private init; }

    /// <summary>How much of that returns to the programme. Meaningless when the correction has no room.</summary>
    public GpuTime Returned { get; private init; }

    /// <summary>
    /// The old time counts no more where it counted, and the new time counts where it was used. Their sum is the difference.
    /// </summary>
    public IReadOnlyList<QuotaFact> Facts { get; private init; } = [];

    /// <summary>What finds no room under the tightest limit on used hours.</summary>
    public MissingRoom Missing { get; private init; }

    /// <summary>Whether more returns because its offer promised the hours to others than limits on used hours ask for.</summary>
    public bool IsPromisedToOthers { get; private init; }

    /// <summary>
    /// Whether every limit on used hours has room for the new time. This is asked of a settled grant too: others may have filled it since.
    /// </summary>
    public bool HasRoom => Missing.Time.Seconds <= Left.Seconds;

    /// <summary>Reckons a correction. Nothing changes.</summary>
    /// <param name="match">The grant's context.</param>
    /// <param name="use">What is corrected.</param>
    /// <param name="counters">As they are before the correction.</param>
    /// <param name="now">The present moment.</param>
    public static UsageCorrection Of(QuotaMatch match, CorrectedUse use, IQuotaCounters counters, DateTimeOffset now)
    {
        var facts = FactsOf(use, now);
        var left = GpuTime.FromSeconds(use.Outstanding.Seconds - use.Seconds);
        var missing = CorrectionRoom.Missing(match, facts, use.RecordedAt, counters, now);
        return new UsageCorrection
        {
            Seconds = use.Seconds,
            Left = left,
            Returned =
                use.IsSettled ? left
                : use.Unserved > missing.Time ? use.Unserved
                : missing.Time,
            IsPromisedToOthers = use.Unserved > missing.Time,
            Facts = facts,
            Missing = missing,
        };
    }

    /// <summary>The same, where limits on used hours ask for more of what is left.</summary>
    public UsageCorrection ReturningAtLeast(GpuTime time) =>
        time.Seconds <= Returned.Seconds ? this : this with { Returned = time < Left ? time : Left, IsPromisedToOthers = false };

    private static List<QuotaFact> FactsOf(CorrectedUse use, DateTimeOffset now)
    {
        var before = Math.Max(0, use.Charged);
        var after = before + use.Seconds;
        // Rounding may take a second from a record that charged none.
        if (after < 0)
            (before, after) = (before - after, 0);
        if (use.Parts.IsOneChange)
            (before, after) = (Math.Max(0, before - after), Math.Max(0, after - before));
        var left = use.Outstanding;
        List<QuotaFact> facts = [];
        foreach (var (span, time) in UsageParts.Of(use.Parts.Freed, GpuTime.FromSeconds(before)))
        {
            facts.Add(QuotaFact.Unused(now, span.EndedAt, time).Since(span.StartedAt).Of(use.Life, left));
            left += time;
        }

        foreach (var (span, time) in UsageParts.Of(use.Parts.After, GpuTime.FromSeconds(after)))
        {
            facts.Add(QuotaFact.Used(now, span.EndedAt, time).Since(span.StartedAt).Of(use.Life, left));
            left -= time;
        }

        return facts;
    }
}

/// <summary>A usage record and its grant as they are before a correction, and the difference that it makes.</summary>
/// <param name="Life">When the grant may be used.</param>
/// <param name="Outstanding">What the grant has left.</param>
/// <param name="IsSettled">Whether the grant is final, so that nothing stays with it.</param>
/// <param name="Charged">What the record charged, in GPU-seconds. Earlier corrections may have left minus one.</param>
/// <param name="RecordedAt">When the record came first.</param>
/// <param name="Parts">Where its time counts.</param>
/// <param name="Seconds">GPU-seconds that are used more; negative when it is less.</param>
public readonly record struct CorrectedUse(
    GrantLife Life,
    GpuTime Outstanding,
    bool IsSettled,
    long Charged,
    DateTimeOffset RecordedAt,
    CorrectedParts Parts,
    long Seconds
)
{
    /// <summary>What comes back to the grant and cannot stay, because its offer promised the hours to others.</summary>
    public GpuTime Unserved { get; init; }
}
