using System.Text.Json.Serialization;
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
    public required Guid Id { get; init; }

    /// <summary>recorded, repeated (it was recorded before) or refused.</summary>
    public required string Status { get; init; }

    /// <summary>Why it was refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Field { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    public static UsageResult Recorded(Guid id, bool repeated) => new() { Id = id, Status = repeated ? "repeated" : "recorded" };

    public static UsageResult Refused(Guid id, UsageRefusal refusal) =>
        new()
        {
            Id = id,
            Status = "refused",
            Code = refusal.Code,
            Field = refusal.Field,
            Message = refusal.Message,
        };
}
