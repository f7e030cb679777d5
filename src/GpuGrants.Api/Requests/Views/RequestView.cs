using System.Text.Json.Serialization;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Requests.Views;

/// <summary>A request for GPU time with its status and its reasons.</summary>
public sealed record RequestView
{
    /// <summary>Null in a dry run, which makes no request.</summary>
    public Guid? Id { get; init; }

    /// <summary>approved, in-review, denied, withdrawn or expired.</summary>
    public required string Status { get; init; }

    public required Guid OrganizationId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ProjectId { get; init; }

    public required Guid ProgrammeId { get; init; }

    /// <summary>GPU-hours asked for.</summary>
    public required decimal GpuHours { get; init; }

    /// <summary>GPUs to use at once.</summary>
    public required int Gpus { get; init; }

    /// <summary>Acceptable models; empty for any.</summary>
    public required IReadOnlyList<string> GpuModels { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MinGpuMemoryGib { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Region { get; init; }

    public required string Purpose { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public required decimal DurationDays { get; init; }

    /// <summary>What is held while a person decides.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HoldView? Hold { get; init; }

    /// <summary>Approvals that the rules ask for; 0 when they decided themselves.</summary>
    public required int ApprovalsNeeded { get; init; }

    public required int ApprovalsGiven { get; init; }

    /// <summary>The latest decision; the others are under <c>/v1/requests/{id}/decisions</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DecisionView? Decision { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? GrantId { get; init; }

    /// <summary>The grant, in the answer to the call that made it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GrantView? Grant { get; init; }

    /// <summary>How the programme was chosen, in the answer to a request that named none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChoiceView? Choice { get; init; }

    /// <summary>Of a denied request: the request that took its counter-offer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? AcceptedAs { get; init; }

    /// <summary>What would serve the request, in a dry run that is not denied.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public QuoteView? Quote { get; init; }

    /// <summary>True when nothing was written: what a real request would get now.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DryRun { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public static RequestView Of(Request row, DecisionView? decision, GrantView? grant) =>
        new()
        {
            Id = row.Id,
            Status = row.Status,
            OrganizationId = row.OrganizationId,
            ProjectId = row.ProjectId,
            ProgrammeId = row.ProgrammeId,
            GpuHours = Wire.Hours(row.GpuSeconds),
            Gpus = row.Gpus,
            GpuModels = row.GpuModels,
            MinGpuMemoryGib = row.MinGpuMemoryGib,
            Region = row.Region,
            Purpose = row.Purpose,
            Tags = row.Tags,
            StartsAt = row.StartsAt,
            DurationDays = row.DurationSeconds / 86_400m,
            Hold =
                row.Status == RequestStatus.InReview
                    ? new HoldView(
                        Wire.Hours(row.GpuSeconds),
                        Wire.Credits(row.Credits ?? 0),
                        row.OfferId!.Value,
                        row.GpuModelId!,
                        Wire.Rate(row.MillicreditsPerGpuHour ?? 0),
                        row.HoldExpiresAt!.Value
                    )
                    : null,
            ApprovalsNeeded = row.ApprovalsNeeded,
            ApprovalsGiven = row.ApprovalsGiven,
            Decision = decision,
            AcceptedAs = row.AcceptedAs,
            GrantId = row.Status == RequestStatus.Approved ? row.GrantId : null,
            Grant = grant,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
}

/// <summary>What is kept for a request in review.</summary>
/// <param name="GpuHours">GPU-hours held.</param>
/// <param name="Credits">Credits held.</param>
/// <param name="OfferId">The offer whose capacity is held.</param>
/// <param name="GpuModel">The offer's GPU model.</param>
/// <param name="Rate">Credits per GPU-hour, fixed while it is held.</param>
/// <param name="ExpiresAt">When it is released if nobody decides.</param>
public sealed record HoldView(decimal GpuHours, decimal Credits, Guid OfferId, string GpuModel, decimal Rate, DateTimeOffset ExpiresAt);
