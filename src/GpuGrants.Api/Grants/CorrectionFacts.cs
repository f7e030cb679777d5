using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>What a correction changes, as the counters see it.</summary>
internal static class CorrectionFacts
{
    /// <summary>
    /// The old time counts no more where it counted, and the new time counts where it was used. Their sum is the difference.
    /// </summary>
    /// <param name="at">The moment of the correction.</param>
    /// <param name="grant">As it is before the correction.</param>
    /// <param name="record">As it is before the correction.</param>
    /// <param name="parts">Where its time counts.</param>
    /// <param name="seconds">The difference in GPU-seconds; negative when less was used.</param>
    public static IReadOnlyList<QuotaFact> Of(DateTimeOffset at, Grant grant, UsageRecord record, CorrectedParts parts, long seconds)
    {
        var old = Math.Max(0, record.GpuSeconds);
        var now = old + seconds;
        // Rounding may take a second from a record that charged none.
        if (now < 0)
            (old, now) = (old - now, 0);
        if (parts.IsOneChange)
            (old, now) = (Math.Max(0, old - now), Math.Max(0, now - old));
        var (life, left) = (grant.Life(), grant.Outstanding());
        List<QuotaFact> facts = [];
        foreach (var (span, time) in UsageParts.Of(parts.Freed, GpuTime.FromSeconds(old)))
        {
            facts.Add(QuotaFact.Unused(at, span.EndedAt, time).Since(span.StartedAt).Of(life, left));
            left += time;
        }

        foreach (var (span, time) in UsageParts.Of(parts.After, GpuTime.FromSeconds(now)))
        {
            facts.Add(QuotaFact.Used(at, span.EndedAt, time).Since(span.StartedAt).Of(life, left));
            left -= time;
        }

        return facts;
    }
}

/// <summary>Where the time of a record counts, before and after a correction: in each list at least one span, in order.</summary>
/// <param name="Before">Where it counted.</param>
/// <param name="After">Where it counts from now on.</param>
/// <param name="IsExcused">Whether an outage took parts out, and all else stays where it is.</param>
internal sealed record CorrectedParts(IReadOnlyList<UsageSpan> Before, IReadOnlyList<UsageSpan> After, bool IsExcused)
{
    /// <summary>Whether only the difference counts anew: the time is the same, or it only lost parts.</summary>
    public bool IsOneChange => IsExcused || Before.SequenceEqual(After);

    /// <summary>Where time stops counting: the parts that an outage took out, else where the record counted.</summary>
    public IReadOnlyList<UsageSpan> Freed =>
        IsExcused && Before.SelectMany(one => one.Without(After)).ToList() is { Count: > 0 } lost ? lost : Before;
}
