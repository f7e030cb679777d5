using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.People;

namespace GpuGrants.Api.Http.Callers;

/// <summary>What was read of whom a token names.</summary>
/// <param name="Key">The external issuer, empty for the embedded token server, and the token's subject.</param>
/// <param name="PrincipalId">Who acts.</param>
/// <param name="PersonId">The person behind the principal.</param>
/// <param name="ClientId">The API client; a name of the principal's own where an external issuer makes the tokens.</param>
/// <param name="Authority">The versions that the roles were read at.</param>
/// <param name="Roles">What the principal may do.</param>
public sealed record KnownCaller(
    (string Issuer, string Subject) Key,
    Guid PrincipalId,
    Guid PersonId,
    string ClientId,
    Authority Authority,
    IReadOnlyList<(string Role, Guid? ResourceId)> Roles
)
{
    /// <summary>The terms that the person accepted.</summary>
    public IReadOnlyList<Guid> AcceptedTerms { get; init; } = [];

    /// <summary>What the person stated of their age.</summary>
    public StatedAge Age { get; init; } = StatedAge.Vouched;
}
