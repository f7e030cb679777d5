using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>quota_overrides</c>: a limit of its own under one rule for one subject.</summary>
public sealed class QuotaOverrideRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid PolicyId { get; set; }

    public string RuleId { get; set; } = "";

    public string SubjectId { get; set; } = "";

    /// <summary>add, multiply or replace.</summary>
    public string Effect { get; set; } = "";

    /// <summary>In the unit's whole numbers: GPU-seconds, units of credit, a count, or thousandths of a factor.</summary>
    public long Amount { get; set; }

    /// <summary>gpu-hours, credits, count, or <see cref="Factor"/>.</summary>
    public string Unit { get; set; } = "";

    /// <summary>The unit of what multiplies a limit.</summary>
    public const string Factor = "factor";

    public DateTimeOffset StartsAt { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public string Reason { get; set; } = "";

    public Guid AuthorId { get; set; }

    public Guid? RequestId { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>The row as the rules see it.</summary>
    /// <returns>A new override.</returns>
    public QuotaOverride ToOverride() =>
        new()
        {
            Id = Id,
            PolicyId = PolicyId,
            RuleId = RuleId,
            SubjectId = SubjectId,
            Effect = Words.Parse<OverrideEffect>(Effect),
            Amount = Amount,
            StartsAt = StartsAt,
            ExpiresAt = ExpiresAt,
            EndedAt = EndedAt,
            Reason = Reason,
            AuthorId = AuthorId,
        };
}

internal sealed class QuotaOverrideTable : IEntityTypeConfiguration<QuotaOverrideRow>
{
    public void Configure(EntityTypeBuilder<QuotaOverrideRow> table) =>
        table.ToTable("quota_overrides").HasKey(row => new { row.RootProgrammeId, row.Id });
}
