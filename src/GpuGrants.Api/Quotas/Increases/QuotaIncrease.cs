using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Quotas.Increases;

/// <summary>A row of <c>quota_increases</c>: somebody asks for a higher limit. Amounts are in the measure's smallest unit.</summary>
public sealed class QuotaIncrease : IVersioned
{
    /// <summary>That of the policy; the empty id for one of the platform.</summary>
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid PolicyId { get; set; }

    /// <summary>The policy's programme, whose reviewers decide; null when platform administrators do.</summary>
    public Guid? ProgrammeId { get; set; }

    public string RuleId { get; set; } = "";

    /// <summary>Whose limit: the organization, one of its projects, or a member.</summary>
    public string SubjectId { get; set; } = "";

    public Guid OrganizationId { get; set; }

    public Guid? ProjectId { get; set; }

    /// <summary>One of <see cref="IncreaseStatus"/>.</summary>
    public string Status { get; set; } = "";

    /// <summary>gpuHours, credits or count.</summary>
    public string Unit { get; set; } = "";

    /// <summary>The limit when it was asked for.</summary>
    public long LimitThen { get; set; }

    public long Wanted { get; set; }

    public long? Granted { get; set; }

    /// <summary>Who has approved so far, where the rule asks for several.</summary>
    public Guid[] ApprovedBy { get; set; } = [];

    /// <summary>The lowest limit that any of them endorsed; null while nobody has.</summary>
    public long? Endorsed { get; set; }

    public string Reason { get; set; } = "";

    public Guid? OverrideId { get; set; }

    public Guid DecisionId { get; set; }

    /// <summary>The partner that asked; null when the organization's own people did.</summary>
    public Guid? PartnerId { get; set; }

    public Guid RequestedBy { get; set; }

    public string ClientId { get; set; } = "";

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>Where a request for a higher limit stands.</summary>
public static class IncreaseStatus
{
    public const string Approved = "approved";
    public const string InReview = "in-review";
    public const string Denied = "denied";
    public const string Withdrawn = "withdrawn";
}

internal sealed class QuotaIncreaseTable : IEntityTypeConfiguration<QuotaIncrease>
{
    public void Configure(EntityTypeBuilder<QuotaIncrease> table) =>
        table.ToTable("quota_increases").HasKey(row => new { row.RootProgrammeId, row.Id });
}
