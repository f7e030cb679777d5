using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>decisions</c>: one verdict on a request, by rule or by a person. Never changed.</summary>
public sealed class Decision
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid RequestId { get; set; }

    /// <summary>One of <see cref="DecisionVerdict"/>.</summary>
    public string Verdict { get; set; } = "";

    /// <summary>One of <see cref="Rows.DecidedBy"/>.</summary>
    public string DecidedBy { get; set; } = Rows.DecidedBy.Rule;

    /// <summary>The version of the request that the verdict made.</summary>
    public long RequestVersion { get; set; }

    /// <summary>What was approved, or for a review what is held; 0 when denied.</summary>
    public long GpuSeconds { get; set; }

    /// <summary>
    /// The most that the rules would have approved at that moment, in steps of 0.01 GPU-hours; 0 when nothing would pass.
    /// </summary>
    public long MaxGrantableGpuSeconds { get; set; }

    /// <summary>A <c>DecisionExplanation</c> as JSON.</summary>
    public string Explanation { get; set; } = "{}";

    /// <summary>What the rules saw, so that the decision can be taken again; null for a person's verdict.</summary>
    public byte[]? Snapshot { get; set; }

    public string? Comment { get; set; }

    public Guid ActorId { get; set; }

    public string ClientId { get; set; } = "";

    public Guid? OnBehalfOf { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>The context of <see cref="Snapshot"/>, once somebody has read it. No column.</summary>
    internal QuotaContext? Context { get; set; }
}

internal sealed class DecisionTable : IEntityTypeConfiguration<Decision>
{
    public void Configure(EntityTypeBuilder<Decision> table)
    {
        table.ToTable("decisions").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.Property(row => row.Explanation).HasColumnType("jsonb");
        table.NeverUpdates();
    }
}

/// <summary>Who took a decision.</summary>
public static class DecidedBy
{
    /// <summary>The service by itself: its rules, or the end of a time.</summary>
    public const string Rule = "rule";

    public const string Person = "person";

    public static IReadOnlyList<string> All { get; } = [Rule, Person];
}

/// <summary>What a decision said.</summary>
public static class DecisionVerdict
{
    public const string Approved = "approved";

    /// <summary>The rules refer the request to a person.</summary>
    public const string Review = "review";

    /// <summary>A person approves, and more approvals are needed.</summary>
    public const string Endorsed = "endorsed";

    public const string Denied = "denied";
    public const string Withdrawn = "withdrawn";
    public const string Expired = "expired";

    /// <summary>The word for what the rules said.</summary>
    public static string Of(QuotaVerdict verdict) =>
        verdict switch
        {
            QuotaVerdict.Approve => Approved,
            QuotaVerdict.Review => Review,
            _ => Denied,
        };

    /// <summary>What the rules said, of a decision that they took.</summary>
    public static QuotaVerdict ToRules(string word) =>
        word switch
        {
            Approved => QuotaVerdict.Approve,
            Review => QuotaVerdict.Review,
            _ => QuotaVerdict.Deny,
        };
}
