using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>consents</c>: an organization, or a person, lets a partner act for it.</summary>
public sealed class Consent : IVersioned, IAuthorizes
{
    public Guid Id { get; set; }

    /// <summary>Null while it is offered to whoever shows the code.</summary>
    public Guid? PartnerId { get; set; }

    /// <summary>The organization for which the partner acts; null when it is a person, and while the partner asks.</summary>
    public Guid? OrganizationId { get; set; }

    /// <summary>The person for whom the partner asks; null when it is an organization.</summary>
    public Guid? PersonId { get; set; }

    /// <summary>Who made the code: one of <see cref="ConsentSides"/>.</summary>
    public string BegunBy { get; set; } = "";

    public string[] Scopes { get; set; } = [];

    /// <summary>The partner's own name for whom it acts for.</summary>
    public string? ExternalId { get; set; }

    /// <summary>One of <see cref="ConsentStatus"/>; see <see cref="StatusAt"/>.</summary>
    public string Status { get; set; } = ConsentStatus.Open;

    /// <summary>SHA-256 of the code.</summary>
    public byte[] CodeHash { get; set; } = [];

    public DateTimeOffset CodeExpiresAt { get; set; }

    /// <summary>When the consent ends by itself, not included; never when null.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    public Guid CreatedBy { get; set; }

    public string ClientId { get; set; } = "";

    /// <summary>Who consented.</summary>
    public Guid? GivenBy { get; set; }

    public DateTimeOffset? GivenAt { get; set; }

    public Guid? EndedBy { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Whether the partner's own people ended it; null while it has not ended, and where that was not kept.</summary>
    public bool? EndedByPartner { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Whether it came by a partner's word, or by the code that a partner's sign-up mailed. Such a consent has no code of its own.
    /// </summary>
    public bool CameWithSignUp => BegunBy == ConsentSides.Partner && CodeExpiresAt == CreatedAt;

    /// <summary>Whether the partner may act by it at the moment, as far as the consent itself says.</summary>
    public bool IsInForce(DateTimeOffset at) => Status == ConsentStatus.Active && !(ExpiresAt <= at);

    /// <summary>Where it stands at a moment.</summary>
    /// <returns>One of <see cref="ConsentStatus"/>.</returns>
    public string StatusAt(DateTimeOffset at) =>
        Status switch
        {
            ConsentStatus.Open when at >= CodeExpiresAt => ConsentStatus.Expired,
            ConsentStatus.Open or ConsentStatus.Active when ExpiresAt <= at => ConsentStatus.Expired,
            // By the service, because its time was over.
            ConsentStatus.Ended when EndedBy == Guid.Empty => ConsentStatus.Expired,
            _ => Status,
        };

    Guid IAuthorizes.HolderId => Id;
}

/// <summary>Where a consent stands.</summary>
public static class ConsentStatus
{
    /// <summary>Nobody has used the code.</summary>
    public const string Open = "open";
    public const string Active = "active";

    /// <summary>One of the two sides ended it, or the service did at its own end.</summary>
    public const string Ended = "ended";

    /// <summary>Nobody used the code in time, or the consent's own end has come.</summary>
    public const string Expired = "expired";

    public static IReadOnlyList<string> All { get; } = [Open, Active, Ended, Expired];
}

/// <summary>Who may make a code.</summary>
public static class ConsentSides
{
    public const string Partner = "partner";
    public const string Organization = "organization";
    public const string Person = "person";

    public static IReadOnlyList<string> All { get; } = [Partner, Organization, Person];
}

internal sealed class ConsentTable : IEntityTypeConfiguration<Consent>
{
    public void Configure(EntityTypeBuilder<Consent> table)
    {
        table.ToTable("consents").HasKey(row => row.Id);
        table.Ignore(row => row.CameWithSignUp);
        table.UpdatesOnly(row => new
        {
            row.PartnerId,
            row.OrganizationId,
            row.PersonId,
            row.ExternalId,
            row.Status,
            row.GivenBy,
            row.GivenAt,
            row.EndedBy,
            row.EndedAt,
            row.EndedByPartner,
            row.Version,
            row.UpdatedAt,
        });
    }
}
