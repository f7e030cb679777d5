using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.People.Linking;

/// <summary>A token of a trusted issuer.</summary>
public sealed record IssuerTokenBody
{
    /// <summary>A valid access token of the issuer for this service.</summary>
    public string? Token { get; init; }
}

/// <summary>A subject of a trusted issuer that is linked to the caller's person.</summary>
public sealed record LinkedIdentityView
{
    public required Guid Id { get; init; }

    /// <summary>The issuer's address.</summary>
    public required string Issuer { get; init; }

    /// <summary>When it was linked.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it was unlinked; the subject is still nobody else's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Until { get; init; }

    internal static LinkedIdentityView Of(LinkedIdentity row) =>
        new()
        {
            Id = row.Id,
            Issuer = row.Issuer,
            Since = row.Since,
            Until = row.Until,
        };
}

/// <summary>What a token needs.</summary>
internal sealed class IssuerTokenValidator : AbstractValidator<IssuerTokenBody>
{
    private const int MaxToken = 16_000;

    public IssuerTokenValidator() => RuleFor(body => body.Token).Text(MaxToken);
}
