using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Quotas.Increases;

/// <summary>A row of <c>quota_increase_decisions</c>: one verdict on a request for a higher limit. Never changed.</summary>
public sealed class QuotaIncreaseDecision
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid IncreaseId { get; set; }

    /// <summary>approved, review, denied or withdrawn.</summary>
    public string Verdict { get; set; } = "";

    /// <summary><c>rule</c> or <c>person</c>.</summary>
    public string DecidedBy { get; set; } = "";

    /// <summary>The limit that was granted, in the measure's smallest unit.</summary>
    public long? Granted { get; set; }

    /// <summary>Stable name of the reason.</summary>
    public string Code { get; set; } = "";

    public string Message { get; set; } = "";

    /// <summary>The same in Korean; null for what a person wrote.</summary>
    public string? KoreanMessage { get; set; }

    public Guid ActorId { get; set; }

    public string ClientId { get; set; } = "";

    public Guid? OnBehalfOf { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class QuotaIncreaseDecisionTable : IEntityTypeConfiguration<QuotaIncreaseDecision>
{
    public void Configure(EntityTypeBuilder<QuotaIncreaseDecision> table)
    {
        table.ToTable("quota_increase_decisions").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.NeverUpdates();
    }
}
