namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>Who acts, through which client, for whom: written on every decision, transfer and event.</summary>
/// <param name="PrincipalId">The principal; the empty id for the service itself, as in sweeps.</param>
/// <param name="ClientId">The API client that carried the call.</param>
/// <param name="OnBehalfOf">The organization for which a partner acts; null when nobody acts for another.</param>
public sealed record Actor(Guid PrincipalId, string ClientId, Guid? OnBehalfOf = null)
{
    /// <summary>The person behind the principal; null when the principal is the person.</summary>
    public Guid? PersonId { get; init; }

    /// <summary>Whom limits on people count.</summary>
    public Guid Person => PersonId ?? PrincipalId;

    /// <summary>By what the caller was judged; null when the service acts by itself, or a test.</summary>
    public Authority? Authority { get; init; }

    /// <summary>The client of the embedded token server that acts; null for the service itself and for tokens of an external
    /// issuer.</summary>
    public string? MadeBy() => Authority is { ClientVersion: > 0 } ? ClientId : null;

    /// <summary>Whether the service acts by itself.</summary>
    public bool IsService => PrincipalId == Guid.Empty;

    /// <summary>What a transfer says of a request or grant, and of the actor.</summary>
    public TransferContext About(Guid requestId, Guid? grantId, Guid programmeId) =>
        new(requestId, grantId, programmeId, IsService ? null : PrincipalId, ClientId, OnBehalfOf);

    /// <summary>The service acting by itself: expiries and sweeps.</summary>
    public static Actor Service { get; } = new(Guid.Empty, "gpugrants");
}
