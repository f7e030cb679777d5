namespace GpuGrants.Client;

/// <summary>An API client's id and secret.</summary>
public sealed record ClientCredentials(string Id, string Secret);

/// <summary>A request for GPU time; what is left out, the service decides.</summary>
public sealed record RequestForGpuTime
{
    /// <summary>Who asks; when null, the caller's only organization.</summary>
    public Guid? OrganizationId { get; init; }

    /// <summary>The organization's project that it is for.</summary>
    public Guid? ProjectId { get; init; }

    /// <summary>The programme asked; when null, the service picks one.</summary>
    public Guid? ProgrammeId { get; init; }

    /// <summary>In steps of 0.01.</summary>
    public required decimal GpuHours { get; init; }

    /// <summary>GPUs at one time; when null, 1.</summary>
    public int? Gpus { get; init; }

    /// <summary>Models that will do; when null, any.</summary>
    public IReadOnlyList<string>? GpuModels { get; init; }

    /// <summary>The least memory of each GPU, in GiB.</summary>
    public int? MinGpuMemoryGib { get; init; }

    /// <summary>The region that the GPUs must be in; when null, any.</summary>
    public string? Region { get; init; }

    /// <summary>What it is for, in words for reviewers.</summary>
    public required string Purpose { get; init; }

    /// <summary>Days until the grant expires and unused hours return.</summary>
    public int? DurationDays { get; init; }

    /// <summary>When it starts; when null, at once.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>Words that rules may ask for.</summary>
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
public sealed record UsageReport(Guid Id, Guid GrantId, decimal Gpus, DateTimeOffset StartedAt, DateTimeOffset EndedAt);

/// <summary>What became of a reported record: recorded, repeated or refused.</summary>
public sealed record UsageOutcome(Guid? Id, string Status, long? GpuSeconds, string? Code, string? Field, string? Message);
