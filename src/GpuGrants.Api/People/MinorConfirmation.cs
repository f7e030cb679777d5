using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.People;

/// <summary>A row of <c>minor_confirmations</c>: a guardian or a school said that a minor may ask.</summary>
public sealed class MinorConfirmation
{
    public const string Guardian = "guardian";
    public const string School = "school";
    public const string Withdrawn = "withdrawn";
    public const string Replaced = "replaced";
    public const string Left = "left";
    public const string Erased = "erased";

    /// <summary>The school is verified no more. The database ends them, whatever ended the verification.</summary>
    public const string Unverified = "unverified";

    public Guid Id { get; set; }

    public Guid PersonId { get; set; }

    /// <summary><see cref="Guardian"/> or <see cref="School"/>.</summary>
    public string Kind { get; set; } = "";

    public Guid? OrganizationId { get; set; }

    /// <summary>The keyed hash of the guardian's address.</summary>
    public string? GuardianHash { get; set; }

    public string? ConsentVersion { get; set; }

    public Guid? ConfirmedBy { get; set; }

    public DateTimeOffset ConfirmedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>withdrawn, replaced, left, erased or unverified.</summary>
    public string? EndReason { get; set; }
}

internal sealed class MinorConfirmationTable : IEntityTypeConfiguration<MinorConfirmation>
{
    public void Configure(EntityTypeBuilder<MinorConfirmation> table)
    {
        table.ToTable("minor_confirmations").HasKey(row => row.Id);
        table.Property(row => row.GuardianHash).HasColumnName("guardian");
        table.UpdatesOnly(row => new { row.EndedAt, row.EndReason });
    }
}
