using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>What a record charges to its grant.</summary>
/// <param name="Span">The time that counts: what the record states, within the grant's life and not after the present moment.</param>
/// <param name="Time">Whole GPU-seconds; 0 when the exact sum of the grant has not reached the next one.</param>
/// <param name="Uncharged">What was used beyond the grant, or while it was suspended: nobody pays for it.</param>
/// <param name="Excused">What was used in an outage of its offer: nobody pays for it either.</param>
public readonly record struct UsageCharge(UsageSpan Span, GpuTime Time, MeteredTime Uncharged, MeteredTime Excused)
{
    /// <summary>All that the record does not charge.</summary>
    public MeteredTime Free => Uncharged.Plus(Excused);
}
