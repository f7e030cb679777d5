using System.Text.Json.Serialization;
using GpuGrants.Api.Json;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>The outcome of each reported record, in the order of the call.</summary>
public sealed record UsageReport
{
    public required IReadOnlyList<UsageResult> Results { get; init; }
}

/// <summary>The outcome of one reported record.</summary>
public sealed record UsageResult
{
    /// <summary>The record's id; left out when the record states none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? Id { get; init; }

    /// <summary>recorded, repeated (it was recorded before) or refused.</summary>
    public required string Status { get; init; }

    /// <summary>Whole GPU-seconds that the record charged. The grant's exact sum is rounded down once, so it may be 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? GpuSeconds { get; init; }

    /// <summary>GPU-seconds beyond the grant or while it was suspended: nobody pays for them. Left out when there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? UnchargedGpuSeconds { get; init; }

    /// <summary>Why it was refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Field { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    public static UsageResult Recorded(UsageRecord row, bool repeated) =>
        new()
        {
            Id = row.Id,
            Status = repeated ? "repeated" : "recorded",
            GpuSeconds = row.GpuSeconds,
            UnchargedGpuSeconds = row.UnchargedGpuMicroseconds == 0 ? null : Wire.ExactSeconds(row.UnchargedGpuMicroseconds),
        };

    public static UsageResult Refused(Guid? id, UsageRefusal refusal) =>
        new()
        {
            Id = id,
            Status = "refused",
            Code = refusal.Code,
            Field = refusal.Field,
            Message = refusal.Message,
        };
}
