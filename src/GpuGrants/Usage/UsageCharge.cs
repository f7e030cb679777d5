using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>What a record charges to its grant.</summary>
/// <param name="Span">The time that counts: what the record states, within the grant's life and not after the present moment.</param>
/// <param name="Time">Whole GPU-seconds; 0 when the exact sum of the grant has not reached the next one.</param>
/// <param name="Uncharged">What was used beyond the grant, or while it was suspended: nobody pays for it.</param>
public readonly record struct UsageCharge(UsageSpan Span, GpuTime Time, MeteredTime Uncharged);
