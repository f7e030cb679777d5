using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Quotas.Simulations;

/// <summary>A row of <c>quota_simulations</c>: a policy tried on past requests.</summary>
public sealed class QuotaSimulationRow
{
    /// <summary>That of the policy; the empty id for one of the platform.</summary>
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid PolicyId { get; set; }

    /// <summary>The stored version that is tried; null for a document that came with the call.</summary>
    public int? VersionNumber { get; set; }

    /// <summary>The policy document that is tried, JSON.</summary>
    public string Document { get; set; } = "";

    public DateTimeOffset FromAt { get; set; }

    public DateTimeOffset ToAt { get; set; }

    /// <summary>Which of the policy's places it has while it waits or runs, from 1: so no policy ever has more open than places.</summary>
    public int Place { get; set; }

    /// <summary>waiting, running, done or failed.</summary>
    public string Status { get; set; } = "waiting";

    /// <summary>Facts to go through; null until it runs.</summary>
    public long? TotalFacts { get; set; }

    public long ProcessedFacts { get; set; }

    /// <summary>Who runs it.</summary>
    public Guid? WorkerId { get; set; }

    /// <summary>When its worker last said that it still runs.</summary>
    public DateTimeOffset? HeartbeatAt { get; set; }

    /// <summary>A <see cref="SimulationResult"/> as JSON.</summary>
    public string? Result { get; set; }

    public string? Error { get; set; }

    public Guid CreatedBy { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }
}

internal sealed class QuotaSimulationTable : IEntityTypeConfiguration<QuotaSimulationRow>
{
    public void Configure(EntityTypeBuilder<QuotaSimulationRow> table)
    {
        table.ToTable("quota_simulations").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.Property(row => row.Document).HasColumnType("jsonb");
        table.Property(row => row.Result).HasColumnType("jsonb");
    }
}
