using System.Text.Json.Serialization;
using GpuGrants.Api.Decisions;

namespace GpuGrants.Api.Quotas.Increases;

/// <summary>A request for a higher limit with its status and its reasons. Amounts are in the unit.</summary>
public sealed record IncreaseView
{
    public required Guid Id { get; init; }

    /// <summary>approved, in-review, denied or withdrawn.</summary>
    public required string Status { get; init; }

    public required Guid PolicyId { get; init; }

    /// <summary>The policy's programme; left out for one of the platform.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ProgrammeId { get; init; }

    public required string RuleId { get; init; }

    /// <summary>Whose limit it is.</summary>
    public required string Subject { get; init; }

    public required Guid OrganizationId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ProjectId { get; init; }

    /// <summary><c>gpu-hours</c>, <c>credits</c> or <c>count</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>The limit when it was asked for, without overrides that multiply or add.</summary>
    public required decimal LimitThen { get; init; }

    /// <summary>The limit that was asked for.</summary>
    public required decimal Wanted { get; init; }

    /// <summary>The limit that was granted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Granted { get; init; }

    public required string Reason { get; init; }

    /// <summary>The override by which the increase holds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? OverrideId { get; init; }

    /// <summary>The latest verdict; the others are under <c>/v1/quota-increases/{id}/decisions</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IncreaseDecisionView? Decision { get; init; }

    /// <summary>For <c>If-Match</c>.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public static IncreaseView Of(
        QuotaIncrease row,
        QuotaIncreaseDecision? decision,
        string language,
        IReadOnlyDictionary<Guid, DeciderView>? deciders = null
    ) =>
        new()
        {
            Id = row.Id,
            Status = row.Status,
            PolicyId = row.PolicyId,
            ProgrammeId = row.ProgrammeId,
            RuleId = row.RuleId,
            Subject = row.SubjectId,
            OrganizationId = row.OrganizationId,
            ProjectId = row.ProjectId,
            Unit = row.Unit,
            LimitThen = Amount(row.LimitThen, row.Unit),
            Wanted = Amount(row.Wanted, row.Unit),
            Granted = row.Granted is { } granted ? Amount(granted, row.Unit) : null,
            Reason = row.Reason,
            OverrideId = row.OverrideId,
            Decision = decision is null ? null : IncreaseDecisionView.Of(decision, row.Unit, language, deciders),
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };

    internal static decimal Amount(long amount, string unit) => EvaluationView.Amount(amount, Words.Parse<QuotaUnit>(unit));
}

/// <summary>One verdict on a request for a higher limit.</summary>
public sealed record IncreaseDecisionView
{
    public required Guid Id { get; init; }

    /// <summary>approved, review, denied or withdrawn.</summary>
    public required string Verdict { get; init; }

    /// <summary><c>rule</c> or <c>person</c>.</summary>
    public required string DecidedBy { get; init; }

    /// <summary>The person who decided. Reviewers and administrators see it; applicants never do.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DeciderView? Decider { get; init; }

    /// <summary>The limit that was granted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Granted { get; init; }

    /// <summary>Stable name of the reason, such as <c>within-ceiling</c>.</summary>
    public required string Code { get; init; }

    /// <summary>
    /// The reason in words, with what to do next, in the language of <c>Accept-Language</c> (en or ko); what a person wrote stays as it is.
    /// </summary>
    public required string Message { get; init; }

    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>The verdict as it was stored.</summary>
    /// <param name="row">The verdict.</param>
    /// <param name="unit">Of the limit.</param>
    /// <param name="language">Of the reason.</param>
    /// <param name="deciders">Who decided, for reviewers and administrators; null for applicants.</param>
    public static IncreaseDecisionView Of(
        QuotaIncreaseDecision row,
        string unit,
        string language,
        IReadOnlyDictionary<Guid, DeciderView>? deciders = null
    ) =>
        new()
        {
            Id = row.Id,
            Verdict = row.Verdict,
            DecidedBy = row.DecidedBy,
            Decider =
                row.DecidedBy == Rows.DecidedBy.Person && row.Verdict != IncreaseStatus.Withdrawn
                    ? deciders?.GetValueOrDefault(row.ActorId)
                    : null,
            Granted = row.Granted is { } granted ? IncreaseView.Amount(granted, unit) : null,
            Code = row.Code,
            Message = language == "ko" ? row.KoreanMessage ?? row.Message : row.Message,
            DecidedAt = row.CreatedAt,
        };
}
