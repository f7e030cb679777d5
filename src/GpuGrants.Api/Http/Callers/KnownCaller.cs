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
    /// <summary>The most that the token may be used for, whatever it says; null where nothing limits it.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>The client that linked the subject; null for every other caller.</summary>
    public string? LinkedBy { get; init; }

    /// <summary>The clients through which that client came when it linked the subject.</summary>
    public IReadOnlyList<string> LinkedThrough { get; init; } = [];

    /// <summary>The terms that the person accepted.</summary>
    public IReadOnlyList<Guid> AcceptedTerms { get; init; } = [];

    /// <summary>What the person stated of their age.</summary>
    public StatedAge Age { get; init; } = StatedAge.Vouched;
}

/// <summary>What was read of a consent by which a partner may act.</summary>
/// <param name="Acting">The consent, as commands prove it.</param>
/// <param name="GiverPersonId">The person who consented, whom limits on people count.</param>
/// <param name="Scopes">What the partner may do.</param>
/// <param name="Organizations">For which organizations it may ask.</param>
/// <param name="AcceptedTerms">The terms that the person who consented accepted.</param>
/// <param name="Age">What that person stated of their age.</param>
public sealed record GivenConsent(
    Acting Acting,
    Guid GiverPersonId,
    IReadOnlyList<string> Scopes,
    IReadOnlyList<Guid> Organizations,
    IReadOnlyList<Guid> AcceptedTerms,
    StatedAge Age
);

/// <summary>For whom a partner's client acts.</summary>
/// <param name="Id">The organization or the person.</param>
/// <param name="IsPerson">Whether it is a person.</param>
/// <param name="ConsentId">The consent for which the call's token was exchanged; null where a header names whom alone.</param>
public sealed record OnBehalf(Guid Id, bool IsPerson, Guid? ConsentId = null);
