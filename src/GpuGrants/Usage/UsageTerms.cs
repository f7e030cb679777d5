using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>What a grant allows of usage at the moment a reading arrives.</summary>
/// <param name="IsActive">False when the grant was closed, revoked or has expired.</param>
/// <param name="StartsAt">Nothing may be used before.</param>
/// <param name="ExpiresAt">Nothing may be used after.</param>
/// <param name="Gpus">The most GPUs at once.</param>
/// <param name="Remaining">GPU time that is granted and not used.</param>
public readonly record struct UsageTerms(bool IsActive, DateTimeOffset StartsAt, DateTimeOffset ExpiresAt, int Gpus, GpuTime Remaining);
