namespace GpuGrants.Ledger.Accounts;

/// <summary>What a transfer is about, and who acted through which client for whom. One instance serves a whole chain.</summary>
/// <param name="RequestId">The request whose decision moves the amount.</param>
/// <param name="GrantId">The grant that gains, uses or returns the amount.</param>
/// <param name="ProgrammeId">The programme, which may be any of the tree.</param>
/// <param name="ActorId">The principal that acted; null when the service did, as for an expiry.</param>
/// <param name="ClientId">The OAuth client that the principal acted through.</param>
/// <param name="OnBehalfOf">For whom a partner acted.</param>
public sealed record TransferContext(
    Guid? RequestId = null,
    Guid? GrantId = null,
    Guid? ProgrammeId = null,
    Guid? ActorId = null,
    string? ClientId = null,
    Guid? OnBehalfOf = null
)
{
    /// <summary>A transfer that belongs to no request, grant or person.</summary>
    public static TransferContext None { get; } = new();
}
