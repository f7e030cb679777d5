using System.Text.Json.Serialization;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Offers;

/// <summary>What a provider puts up.</summary>
public sealed record OfferView
{
    public required Guid Id { get; init; }

    public required Guid ProgrammeId { get; init; }

    public required Guid ProviderId { get; init; }

    public required string GpuModel { get; init; }

    public required string Region { get; init; }

    public required decimal MinGpuHours { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? MaxGpuHours { get; init; }

    public required int MaxGpus { get; init; }

    /// <summary>Hours after a grant's end in which usage from before the end is still charged.</summary>
    public required int SettlementHours { get; init; }

    /// <summary>Credits per GPU-hour now, in the answer about a single offer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Rate { get; init; }

    /// <summary>GPU-hours that may still be granted, in the answer about a single offer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? AvailableGpuHours { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>open, paused or ended.</summary>
    public required string Status { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static OfferView Of(OfferRow row) =>
        new()
        {
            Id = row.Id,
            ProgrammeId = row.ProgrammeId,
            ProviderId = row.ProviderId,
            GpuModel = row.GpuModelId,
            Region = row.Region,
            MinGpuHours = Wire.Hours(row.MinGpuSeconds),
            MaxGpuHours = row.MaxGpuSeconds is { } max ? Wire.Hours(max) : null,
            MaxGpus = row.MaxGpus,
            SettlementHours = (int)(row.SettlementSeconds / 3_600),
            StartsAt = row.StartsAt,
            EndsAt = row.EndsAt,
            Status = row.Status,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
        };
}
