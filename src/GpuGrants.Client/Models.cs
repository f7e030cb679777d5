namespace GpuGrants.Client;

/// <summary>An API client's id and secret.</summary>
public sealed record ClientCredentials(string Id, string Secret);

/// <summary>A request for GPU time; what is left out, the service decides.</summary>
public sealed record RequestForGpuTime
{
    public Guid? OrganizationId { get; init; }

    public Guid? ProjectId { get; init; }

    public Guid? ProgrammeId { get; init; }

    /// <summary>In steps of 0.01.</summary>
    public required decimal GpuHours { get; init; }

    public int? Gpus { get; init; }

    public IReadOnlyList<string>? GpuModels { get; init; }

    public int? MinGpuMemoryGib { get; init; }

    public string? Region { get; init; }

    public required string Purpose { get; init; }

    public int? DurationDays { get; init; }

    public DateTimeOffset? StartsAt { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }
}

/// <summary>A request and where it stands.</summary>
public sealed record RequestResult(
    Guid? Id,
    string Status,
    Guid OrganizationId,
    Guid ProgrammeId,
    decimal GpuHours,
    DecisionResult? Decision,
    Guid? GrantId,
    GrantResult? Grant,
    long Version
);

/// <summary>A verdict with its reasons.</summary>
public sealed record DecisionResult(
    Guid? Id,
    string Verdict,
    string DecidedBy,
    IReadOnlyList<ReasonResult> Reasons,
    decimal MaxGrantableNow
);

/// <summary>One reason.</summary>
public sealed record ReasonResult(string Code, string Message, string? Field, bool Retryable, QuotaResult? Quota);

/// <summary>Where a subject stands with one quota rule.</summary>
public sealed record QuotaResult(
    string Rule,
    string Measure,
    string Unit,
    string Outcome,
    decimal Limit,
    decimal Used,
    decimal Held,
    decimal Requested,
    decimal Remaining,
    DateTimeOffset? ResetsAt
);

/// <summary>A grant.</summary>
public sealed record GrantResult(
    Guid Id,
    string Status,
    Guid ProviderId,
    Guid OfferId,
    string GpuModel,
    string Region,
    int Gpus,
    decimal Rate,
    decimal GpuHours,
    long GpuSeconds,
    long UsedGpuSeconds,
    long ReturnedGpuSeconds,
    long RemainingGpuSeconds,
    DateTimeOffset StartsAt,
    DateTimeOffset ExpiresAt,
    long Version
);

/// <summary>GPU time that somebody used under a grant.</summary>
/// <param name="Id">Your own id of the record: sent again, it is charged once.</param>
public sealed record UsageReport(Guid Id, Guid GrantId, long GpuSeconds, DateTimeOffset StartedAt, DateTimeOffset EndedAt);

/// <summary>What became of a reported record: recorded, repeated or refused.</summary>
public sealed record UsageOutcome(Guid Id, string Status, string? Code, string? Field, string? Message);
