using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>usage_disputes</c>: an organization says that a version of a usage record is wrong.</summary>
public sealed class UsageDispute : IVersioned
{
    public Guid RootProgrammeId { get; set; }

    public Guid ProviderId { get; set; }

    public Guid RecordId { get; set; }

    /// <summary>The version of the record that is disputed. It stays while the dispute is open.</summary>
    public long RecordVersion { get; set; }

    public Guid Id { get; set; }

    public Guid GrantId { get; set; }

    public Guid OrganizationId { get; set; }

    /// <summary>The programme whose budget paid. Its administrators decide.</summary>
    public Guid BudgetProgrammeId { get; set; }

    /// <summary>One of <see cref="UsageDisputeStatus"/>.</summary>
    public string Status { get; set; } = UsageDisputeStatus.Open;

    public string Reason { get; set; } = "";

    /// <summary>What is held while it is open, in 1/3,600,000 credit.</summary>
    public long Credits { get; set; }

    /// <summary>The time that the credits paid for.</summary>
    public long GpuSeconds { get; set; }

    /// <summary>Of an upheld one: the time that returned to budget and offer, because the grant could not keep it.</summary>
    public long ReturnedGpuSeconds { get; set; }

    public Guid OpenedBy { get; set; }

    public string ClientId { get; set; } = "";

    public string? DecisionReason { get; set; }

    public Guid? DecidedBy { get; set; }

    public DateTimeOffset? DecidedAt { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>
    /// Where the dispute of a record's present version lies. A version that a batch makes has none but those of the batch itself.
    /// </summary>
    public static RowKey KeyOf(UsageRecord record) => new(record.RootProgrammeId, record.ProviderId, record.Id, Number: record.Version);
}

/// <summary>Where a dispute stands.</summary>
public static class UsageDisputeStatus
{
    public const string Open = "open";

    /// <summary>The record was wrong, and counts no more.</summary>
    public const string Upheld = "upheld";

    /// <summary>The record stands.</summary>
    public const string Rejected = "rejected";

    /// <summary>The organization took it back. The record stands.</summary>
    public const string Withdrawn = "withdrawn";

    public static IReadOnlyList<string> All { get; } = [Open, Upheld, Rejected, Withdrawn];
}

internal sealed class UsageDisputeTable : IEntityTypeConfiguration<UsageDispute>
{
    public void Configure(EntityTypeBuilder<UsageDispute> table)
    {
        table
            .ToTable("usage_disputes")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.ProviderId,
                row.RecordId,
                row.RecordVersion,
            });
        table.UpdatesOnly(row => new
        {
            row.Status,
            row.ReturnedGpuSeconds,
            row.DecisionReason,
            row.DecidedBy,
            row.DecidedAt,
            row.Version,
            row.UpdatedAt,
        });
    }
}
