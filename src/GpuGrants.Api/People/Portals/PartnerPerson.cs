using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.People.Portals;

/// <summary>A row of <c>partner_people</c>: somebody whom a partner signed up, under the partner's own name for them.</summary>
public sealed class PartnerPerson : IVersioned
{
    /// <summary>They have not confirmed yet.</summary>
    public const string Waiting = "waiting";
    public const string Active = "active";

    /// <summary>The partner removed them: it acts for them no more.</summary>
    public const string Removed = "removed";

    public static readonly IReadOnlyList<string> Statuses = [Waiting, Active, Removed];

    public Guid Id { get; set; }

    public Guid PartnerId { get; set; }

    public string ExternalId { get; set; } = "";

    /// <summary>Whether the partner's word stands for them.</summary>
    public bool Vouched { get; set; }

    /// <summary>The root programme that trusts that word.</summary>
    public Guid? ProgrammeId { get; set; }

    /// <summary>waiting, active or removed.</summary>
    public string Status { get; set; } = Waiting;

    public Guid? PersonId { get; set; }

    public Guid? OrganizationId { get; set; }

    /// <summary>The latest consent by which the partner acts for the organization.</summary>
    public Guid? ConsentId { get; set; }

    public Guid CreatedBy { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset? VouchedAt { get; set; }

    public DateTimeOffset? RemovedAt { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class PartnerPersonTable : IEntityTypeConfiguration<PartnerPerson>
{
    public void Configure(EntityTypeBuilder<PartnerPerson> table)
    {
        table.ToTable("partner_people").HasKey(row => row.Id);
        table.UpdatesOnly(row => new
        {
            row.Status,
            row.PersonId,
            row.OrganizationId,
            row.ConsentId,
            row.RemovedAt,
            row.Version,
            row.UpdatedAt,
        });
    }
}
