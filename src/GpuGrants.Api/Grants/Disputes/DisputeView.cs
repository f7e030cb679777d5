using System.Text.Json.Serialization;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Grants.Disputes;

/// <summary>An organization says that a usage record is wrong.</summary>
public sealed record UsageDisputeView
{
    public required Guid Id { get; init; }

    public required Guid GrantId { get; init; }

    /// <summary>The provider's id of the record.</summary>
    public required Guid RecordId { get; init; }

    /// <summary>The version of the record that is disputed.</summary>
    public required long RecordVersion { get; init; }

    public required Guid OrganizationId { get; init; }

    public required Guid ProviderId { get; init; }

    /// <summary>The programme whose budget paid. Its administrators decide.</summary>
    public required Guid BudgetProgrammeId { get; init; }

    /// <summary>open, upheld (the record counts no more), rejected or withdrawn (the record stands).</summary>
    public required string Status { get; init; }

    /// <summary>What the organization says is wrong.</summary>
    public required string Reason { get; init; }

    /// <summary>The credits that are held while it is open.</summary>
    public required decimal Credits { get; init; }

    public required long GpuSeconds { get; init; }

    /// <summary>
    /// Of an upheld one: the time that returned to budget and offer. The grant is settled, a limit on used hours had no room, or the offer
    /// promised the hours to others.
    /// </summary>
    public required long ReturnedGpuSeconds { get; init; }

    /// <summary>Why it was decided so; left out while nobody did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DecisionReason { get; init; }

    /// <summary>The principal who decided or withdrew it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? DecidedBy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>For <c>If-Match</c>.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    public static UsageDisputeView Of(UsageDispute row) =>
        new()
        {
            Id = row.Id,
            GrantId = row.GrantId,
            RecordId = row.RecordId,
            RecordVersion = row.RecordVersion,
            OrganizationId = row.OrganizationId,
            ProviderId = row.ProviderId,
            BudgetProgrammeId = row.BudgetProgrammeId,
            Status = row.Status,
            Reason = row.Reason,
            Credits = Wire.Credits(row.Credits),
            GpuSeconds = row.GpuSeconds,
            ReturnedGpuSeconds = row.ReturnedGpuSeconds,
            DecisionReason = row.DecisionReason,
            DecidedBy = row.DecidedBy,
            DecidedAt = row.DecidedAt,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
}
