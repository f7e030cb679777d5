using GpuGrants.Api.Store;
using GpuGrants.Requests;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>organizations</c>: who gets compute.</summary>
public sealed class Organization : IVersioned, IOwnNamed
{
    public Guid Id { get; set; }

    /// <summary>startup, individual, student, school, university, nonprofit or enterprise.</summary>
    public string Kind { get; set; } = "";

    public string Name { get; set; } = "";

    /// <summary>ISO 3166-1 alpha-2.</summary>
    public string Country { get; set; } = "";

    /// <summary>When the present verification was made; null without one.</summary>
    public DateTimeOffset? VerifiedAt { get; set; }

    /// <summary>domain or identity; null without a verification.</summary>
    public string? VerifiedLevel { get; set; }

    /// <summary>When the present verification ends, not included; never when null.</summary>
    public DateTimeOffset? VerifiedUntil { get; set; }

    /// <summary>What is proved of it at the moment.</summary>
    public VerificationLevel VerificationAt(DateTimeOffset at) =>
        VerifiedLevel is { } level && !(VerifiedUntil <= at) ? Words.Parse<VerificationLevel>(level)
        : VouchedBy is null ? VerificationLevel.Email
        : VerificationLevel.Vouched;

    public string[] VerifiedEmailDomains { get; set; } = [];

    /// <summary>Its first partner: rules on partners count there what the organization asks itself.</summary>
    public Guid? PartnerId { get; set; }

    /// <summary>The partner whose word alone stands for the owner; null when the owner proved an address.</summary>
    public Guid? VouchedBy { get; set; }

    /// <summary>The root programme that trusts that word.</summary>
    public Guid? VouchedFor { get; set; }

    /// <summary>The people who own it, by id. The database keeps them from the roles: no update writes them.</summary>
    public Guid[] OwnerIds { get; set; } = [];

    /// <summary>The providers whose operators belong to it. The database keeps them from the roles, as the next two.</summary>
    public Guid[] SharedProviderIds { get; set; } = [];

    /// <summary>The providers of whose operators some belonged to it at some time, or the other way round.</summary>
    public Guid[] PastProviderIds { get; set; } = [];

    /// <summary>When the last of these belonged to both; null when there are none.</summary>
    public DateTimeOffset? PastProvidersUntil { get; set; }

    /// <summary>The caller's own name for it.</summary>
    public string? ExternalId { get; set; }

    /// <summary>The caller's own notes on it, as JSON.</summary>
    public string? Metadata { get; set; }

    public bool Livemode { get; set; }

    /// <summary>One of <see cref="OrganizationStatus"/>.</summary>
    public string Status { get; set; } = "";

    public long Version { get; set; }

    public Guid? CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>Where an organization stands.</summary>
public static class OrganizationStatus
{
    public const string Active = "active";

    /// <summary>It may ask for nothing until an administrator lifts the suspension.</summary>
    public const string Suspended = "suspended";

    /// <summary>For good.</summary>
    public const string Closed = "closed";

    public static IReadOnlyList<string> All { get; } = [Active, Suspended, Closed];
}

internal sealed class OrganizationTable : IEntityTypeConfiguration<Organization>
{
    public void Configure(EntityTypeBuilder<Organization> table)
    {
        table.ToTable("organizations").HasKey(row => row.Id);
        table.Property(row => row.Metadata).HasColumnType("jsonb");
        table.UpdatesOnly(row => new
        {
            row.Name,
            row.Country,
            row.VerifiedAt,
            row.VerifiedLevel,
            row.VerifiedUntil,
            row.VerifiedEmailDomains,
            row.PartnerId,
            row.ExternalId,
            row.Metadata,
            row.Status,
            row.Version,
            row.UpdatedAt,
        });
    }
}
