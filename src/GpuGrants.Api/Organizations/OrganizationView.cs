using System.Text.Json.Serialization;
using GpuGrants.Api.Access.Principals;

namespace GpuGrants.Api.Organizations;

/// <summary>Who gets compute.</summary>
public sealed record OrganizationView
{
    public required Guid Id { get; init; }

    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required string Country { get; init; }

    /// <summary>email, domain or identity: what was proved of it. A verification that has an end counts until then.</summary>
    public required string Verification { get; init; }

    /// <summary>When the verification ends; left out when it has no end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? VerifiedUntil { get; init; }

    public required IReadOnlyList<string> VerifiedEmailDomains { get; init; }

    /// <summary>The caller's own name for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExternalId { get; init; }

    /// <summary>The caller's own notes on it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public required bool Livemode { get; init; }

    /// <summary>active, suspended or closed.</summary>
    public required string Status { get; init; }

    /// <summary>The new owner's credentials; the secret is shown only this once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CredentialsView? OwnerClient { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    internal OrganizationView WithoutSecret() => this with { OwnerClient = OwnerClient?.WithoutSecret() };

    public static OrganizationView Of(Organization row) =>
        new()
        {
            Id = row.Id,
            Kind = row.Kind,
            Name = row.Name,
            Country = row.Country,
            Verification = row.VerifiedLevel ?? (row.VouchedBy is null ? "email" : "vouched"),
            VerifiedUntil = row.VerifiedUntil,
            VerifiedEmailDomains = row.VerifiedEmailDomains,
            ExternalId = row.ExternalId,
            Metadata = Http.Bodies.Metadata.Read(row.Metadata),
            Livemode = row.Livemode,
            Status = row.Status,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
}
