using System.Text.Json.Serialization;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Offers;

/// <summary>Terms within which a programme accepts a provider's offers in advance.</summary>
public sealed record StandingTermsView
{
    public required Guid Id { get; init; }

    public required Guid ProgrammeId { get; init; }

    public required Guid ProviderId { get; init; }

    public required string GpuModel { get; init; }

    /// <summary>Regions that they are for; all when empty.</summary>
    public required IReadOnlyList<string> Regions { get; init; }

    /// <summary>The highest rate, in credits per GPU-hour.</summary>
    public required decimal MaxRate { get; init; }

    /// <summary>The most GPU-hours of all offers under these terms together.</summary>
    public required decimal CapacityGpuHours { get; init; }

    /// <summary>GPU-hours that were accepted under these terms so far.</summary>
    public required decimal TakenGpuHours { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>active or ended.</summary>
    public required string Status { get; init; }

    /// <summary>The principal who made them.</summary>
    public required Guid CreatedBy { get; init; }

    /// <summary>The principal who ended them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? EndedBy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    public static StandingTermsView Of(StandingTermsRow row) =>
        new()
        {
            Id = row.Id,
            ProgrammeId = row.ProgrammeId,
            ProviderId = row.ProviderId,
            GpuModel = row.GpuModelId,
            Regions = row.Regions,
            MaxRate = Wire.Rate(row.MaxRate),
            CapacityGpuHours = Wire.Hours(row.CapacitySeconds),
            TakenGpuHours = Wire.Hours(row.TakenSeconds),
            StartsAt = row.StartsAt,
            EndsAt = row.EndsAt,
            Status = row.Status,
            CreatedBy = row.CreatedBy,
            EndedBy = row.EndedBy,
            EndedAt = row.EndedAt,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
}
