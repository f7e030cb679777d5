using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>What a correction changes, as the counters see it.</summary>
internal static class CorrectionFacts
{
    /// <summary>The old time counts no more where it counted, and the new time counts where it was used. Their sum is the
    /// difference.</summary>
    /// <param name="at">The moment of the correction.</param>
    /// <param name="grant">As it is before the correction.</param>
    /// <param name="record">As it is before the correction.</param>
    /// <param name="span">Where the new time counts.</param>
    /// <param name="seconds">The difference in GPU-seconds; negative when less was used.</param>
    public static IReadOnlyList<QuotaFact> Of(DateTimeOffset at, Grant grant, UsageRecord record, UsageSpan span, long seconds)
    {
        var old = Math.Max(0, record.GpuSeconds);
        var now = old + seconds;
        // Rounding may take a second from a record that charged none.
        if (now < 0)
            (old, now) = (old - now, 0);
        if ((span.StartedAt, span.EndedAt) == (record.StartedAt, record.EndedAt))
            (old, now) = (Math.Max(0, old - now), Math.Max(0, now - old));
        var (unused, used) = (GpuTime.FromSeconds(old), GpuTime.FromSeconds(now));
        var (life, left) = (grant.Life(), grant.Outstanding());
        List<QuotaFact> facts = [];
        if (old > 0)
            facts.Add(QuotaFact.Unused(at, record.EndedAt, unused).Since(record.StartedAt).Of(life, left));
        if (now > 0)
            facts.Add(QuotaFact.Used(at, span.EndedAt, used).Since(span.StartedAt).Of(life, left + unused));
        return facts;
    }
}
