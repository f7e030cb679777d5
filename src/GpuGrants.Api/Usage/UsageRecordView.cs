using System.Text.Json.Serialization;
using GpuGrants.Api.Json;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>A recorded use.</summary>
public sealed record UsageRecordView
{
    public required Guid Id { get; init; }

    public required Guid GrantId { get; init; }

    /// <summary>True for a record that the service made: reserved GPUs are charged by time.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ByTime { get; init; }

    /// <summary>GPUs in use, in steps of 0.001.</summary>
    public required decimal Gpus { get; init; }

    /// <summary>
    /// What it charged, corrections included. The grant's exact sum is rounded down once, so a short record may charge nothing, and a
    /// corrected one may give back a second.
    /// </summary>
    public required long GpuSeconds { get; init; }

    /// <summary>
    /// GPU-seconds of it beyond the grant or while the grant was suspended, exact to the microsecond. Nobody pays for them.
    /// </summary>
    public required decimal UnchargedGpuSeconds { get; init; }

    /// <summary>GPU-seconds of it in an outage of the offer, or of reserved GPUs, which time pays; exact to the microsecond.</summary>
    public required decimal ExcusedGpuSeconds { get; init; }

    public required decimal Credits { get; init; }

    /// <summary>The beginning of the time that counts, in whole milliseconds.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The end of the time that counts.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>The transfer that moved the time when it was recorded; left out when nothing moved.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? TransferId { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>When it was recorded or corrected last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>1, and one more with each correction.</summary>
    public required long Version { get; init; }

    /// <summary>When its provider voided it. It counts nothing since.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? VoidedAt { get; init; }

    /// <summary>What came back and the grant could not keep. Only in the answer to a correction.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public UsageReturnView? Returned { get; init; }

    /// <summary>What corrections replaced, oldest first. Only in the answer about a single record.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<UsageRevisionView>? Revisions { get; init; }

    public static UsageRecordView Of(UsageRecord row) =>
        new()
        {
            Id = row.Id,
            GrantId = row.GrantId,
            ByTime = row.ByTime,
            Gpus = new UsageReading(row.MilliGpus, row.StartedAt, row.EndedAt).Gpus,
            GpuSeconds = row.GpuSeconds,
            UnchargedGpuSeconds = Wire.ExactSeconds(row.UnchargedGpuMicroseconds),
            ExcusedGpuSeconds = Wire.ExactSeconds(row.ExcusedGpuMicroseconds),
            Credits = Wire.Credits(row.Credits),
            StartedAt = row.StartedAt,
            EndedAt = row.EndedAt,
            TransferId = row.TransferId,
            RecordedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
            Version = row.Version,
            VoidedAt = row.VoidedAt,
        };
}

/// <summary>A usage record as it was before a correction.</summary>
public sealed record UsageRevisionView
{
    /// <summary>The record's version that was replaced.</summary>
    public required long Version { get; init; }

    public required decimal Gpus { get; init; }

    public required long GpuSeconds { get; init; }

    /// <summary>GPU-seconds of it that nobody paid for.</summary>
    public required decimal UnchargedGpuSeconds { get; init; }

    /// <summary>GPU-seconds of it in an outage of the offer, exact to the microsecond. Nobody pays for them.</summary>
    public required decimal ExcusedGpuSeconds { get; init; }

    public required decimal Credits { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>What the correction gave back and the grant could not keep: it returned to budget and offer.</summary>
    public required long ReturnedGpuSeconds { get; init; }

    /// <summary>Why the provider corrected it.</summary>
    public required string Reason { get; init; }

    /// <summary>The principal who corrected it.</summary>
    public required Guid CorrectedBy { get; init; }

    /// <summary>When it was corrected.</summary>
    public required DateTimeOffset CorrectedAt { get; init; }

    /// <summary>The transfer that moved the difference in GPU time; left out when there was none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? TransferId { get; init; }

    public static UsageRevisionView Of(UsageRevision row) =>
        new()
        {
            Version = row.Version,
            Gpus = new UsageReading(row.MilliGpus, row.StartedAt, row.EndedAt).Gpus,
            GpuSeconds = row.GpuSeconds,
            UnchargedGpuSeconds = Wire.ExactSeconds(row.UnchargedGpuMicroseconds),
            ExcusedGpuSeconds = Wire.ExactSeconds(row.ExcusedGpuMicroseconds),
            Credits = Wire.Credits(row.Credits),
            StartedAt = row.StartedAt,
            EndedAt = row.EndedAt,
            ReturnedGpuSeconds = row.ReturnedGpuSeconds,
            Reason = row.Reason,
            CorrectedBy = row.CorrectedBy,
            CorrectedAt = row.CreatedAt,
            TransferId = row.TransferId,
        };
}
