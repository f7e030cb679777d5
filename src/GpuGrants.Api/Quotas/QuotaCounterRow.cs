using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Quotas;

/// <summary>A row of <c>quota_counters</c>: what was counted for one subject.</summary>
public sealed class QuotaCounterRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid SignatureId { get; set; }

    public string SubjectId { get; set; } = "";

    public long[] Starts { get; set; } = [];

    public long[] Used { get; set; } = [];

    public long[] Held { get; set; } = [];

    public long[] Carried { get; set; } = [];

    /// <summary>The row of a counter.</summary>
    /// <returns>A new row.</returns>
    public static QuotaCounterRow Of(CounterKey key, QuotaCounter counter) =>
        new()
        {
            RootProgrammeId = key.Tree.Value,
            SignatureId = key.SignatureId,
            SubjectId = key.Subject.ToString(),
            Starts = [.. counter.Starts],
            Used = [.. counter.Used],
            Held = [.. counter.Held],
            Carried = [.. counter.Carried],
        };

    /// <summary>The primary key of a counter's row.</summary>
    /// <returns>What finds the row.</returns>
    public static RowKey KeyOf(CounterKey key) => new(key.Tree.Value, key.SignatureId, Text: key.Subject.ToString());

    /// <summary>The row as the rules see it.</summary>
    /// <returns>Where it counts, and what it counted.</returns>
    public (CounterKey Key, QuotaCounter Counter) ToCounter() =>
        (
            new CounterKey(TreeId.Of(RootProgrammeId), SignatureId, GpuGrants.Quotas.Subjects.SubjectId.Parse(SubjectId)),
            new QuotaCounter(Starts, Used, Held, Carried)
        );
}

internal sealed class QuotaCounterTable : IEntityTypeConfiguration<QuotaCounterRow>
{
    public void Configure(EntityTypeBuilder<QuotaCounterRow> table) =>
        table
            .ToTable("quota_counters")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.SubjectId,
                row.SignatureId,
            });
}
