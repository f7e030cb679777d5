using System.Text.Json.Serialization;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Codes;

/// <summary>One-time codes that a programme minted together.</summary>
public sealed record CodeBatchView
{
    public required Guid Id { get; init; }

    public required Guid ProgrammeId { get; init; }

    public required Guid OfferId { get; init; }

    public required Guid ProviderId { get; init; }

    public required string GpuModel { get; init; }

    public required string Name { get; init; }

    public required string Purpose { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>The address to which the picture of a printed code leads.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Link { get; init; }

    /// <summary>GPU-hours of each code.</summary>
    public required decimal GpuHours { get; init; }

    /// <summary>GPUs to use at once.</summary>
    public required int Gpus { get; init; }

    /// <summary>Days from the redemption to the grant's expiry.</summary>
    public required decimal DurationDays { get; init; }

    /// <summary>Credits reserved for each code, at the rate of the day when it was minted.</summary>
    public required decimal CreditsPerCode { get; init; }

    /// <summary>How many codes were minted.</summary>
    public required int Count { get; init; }

    /// <summary>How many of them were redeemed.</summary>
    public required int Redeemed { get; init; }

    /// <summary>GPU-hours that are reserved for codes that nobody redeemed yet.</summary>
    public required decimal ReservedGpuHours { get; init; }

    /// <summary>Credits that are reserved for them.</summary>
    public required decimal ReservedCredits { get; init; }

    /// <summary>When codes that nobody redeemed expire.</summary>
    public required DateTimeOffset RedeemBy { get; init; }

    /// <summary>active or ended.</summary>
    public required string Status { get; init; }

    /// <summary>The principal who minted them.</summary>
    public required Guid CreatedBy { get; init; }

    /// <summary>The principal who ended the batch; left out when its time was over.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? EndedBy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public static CodeBatchView Of(CodeBatch row)
    {
        var left = row.Status == CodeBatch.Active ? row.Count - row.Redeemed : 0;
        return new CodeBatchView
        {
            Id = row.Id,
            ProgrammeId = row.ProgrammeId,
            OfferId = row.OfferId,
            ProviderId = row.ProviderId,
            GpuModel = row.GpuModelId,
            Name = row.Name,
            Purpose = row.Purpose,
            Tags = row.Tags,
            Link = row.Link,
            GpuHours = Wire.Hours(row.GpuSeconds),
            Gpus = row.Gpus,
            DurationDays = row.DurationSeconds / 86_400m,
            CreditsPerCode = Wire.Credits(row.Credits),
            Count = row.Count,
            Redeemed = row.Redeemed,
            ReservedGpuHours = Wire.Hours(left * row.GpuSeconds),
            ReservedCredits = Wire.Credits(left * row.Credits),
            RedeemBy = row.RedeemBy,
            Status = row.Status,
            CreatedBy = row.CreatedBy,
            EndedBy = row.EndedBy,
            EndedAt = row.EndedAt,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
    }
}

/// <summary>The codes of a batch. Whoever has one can spend it.</summary>
public sealed record CodeSheetView
{
    /// <summary>The batch.</summary>
    public required Guid CodeBatchId { get; init; }

    /// <summary>All codes of the batch, by number.</summary>
    public required IReadOnlyList<CodeView> Data { get; init; }
}

/// <summary>A code.</summary>
/// <param name="Number">From 1 within the batch.</param>
/// <param name="Code">As it is printed.</param>
/// <param name="Status">good, redeemed or ended.</param>
public sealed record CodeView(int Number, string Code, string Status);
