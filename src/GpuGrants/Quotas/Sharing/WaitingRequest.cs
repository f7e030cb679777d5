namespace GpuGrants.Quotas.Sharing;

/// <summary>A request that waits for something to be released.</summary>
/// <param name="RequestId">Its id; the last word between requests that are equal in all else.</param>
/// <param name="Claimant">Who would be served: an organization, a programme.</param>
/// <param name="Amount">What it asks for.</param>
public readonly record struct WaitingRequest(Guid RequestId, Guid Claimant, long Amount, DateTimeOffset RequestedAt);
