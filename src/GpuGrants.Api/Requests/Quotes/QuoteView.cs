using System.Text.Json.Serialization;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Requests.Quotes;

/// <summary>An offer, its rate and GPU time that are pinned for a person.</summary>
public sealed record QuoteView
{
    public required Guid Id { get; init; }

    public required Guid ProgrammeId { get; init; }

    public required Guid OrganizationId { get; init; }

    public required Guid OfferId { get; init; }

    public required Guid ProviderId { get; init; }

    public required string GpuModel { get; init; }

    public required string Region { get; init; }

    /// <summary>GPU-hours that are pinned.</summary>
    public required decimal GpuHours { get; init; }

    public required int Gpus { get; init; }

    /// <summary>reserved for GPUs of your own, charged by time; left out for pooled hours.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Mode { get; init; }

    /// <summary>Credits per GPU-hour.</summary>
    public required decimal Rate { get; init; }

    /// <summary>What the GPU-hours cost at this rate. No budget is held for it.</summary>
    public required decimal Credits { get; init; }

    /// <summary>When the grant would start, or later when the quote is used later.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>When the grant would end, whenever the quote is used.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>The end of the pin. From then on nobody uses it.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>open, used or expired.</summary>
    public required string Status { get; init; }

    /// <summary>The request that used it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? RequestId { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The quote as it is at a moment: it expires by the clock, whoever notices it.</summary>
    public static QuoteView Of(Quote row, DateTimeOffset at) =>
        new()
        {
            Id = row.Id,
            ProgrammeId = row.ProgrammeId,
            OrganizationId = row.OrganizationId,
            OfferId = row.OfferId,
            ProviderId = row.ProviderId,
            GpuModel = row.GpuModelId,
            Region = row.OfferRegion,
            GpuHours = Wire.Hours(row.GpuSeconds),
            Gpus = row.Gpus,
            Mode = row.Mode == GrantMode.Reserved ? row.Mode : null,
            Rate = Wire.Rate(row.MillicreditsPerGpuHour),
            Credits = Wire.Credits(row.PinnedRate().CostOf(row.Time()).Units),
            StartsAt = row.StartsAt,
            EndsAt = row.EndsAt,
            ExpiresAt = row.ExpiresAt,
            Status = row.Status == QuoteStatus.Open && row.ExpiresAt <= at ? QuoteStatus.Expired : row.Status,
            RequestId = row.Status == QuoteStatus.Used ? row.RequestId : null,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
}
