using System.Text.Json.Serialization;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Decisions;

/// <summary>
/// What a subject has used and may still get under one quota rule. Amounts are in the unit: GPU-hours, credits or a count.
/// </summary>
public sealed record EvaluationView
{
    /// <summary>The rule's id in its policy.</summary>
    public required string Rule { get; init; }

    /// <summary>What the rule is for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Title { get; init; }

    public required Guid PolicyId { get; init; }

    public required string PolicyName { get; init; }

    /// <summary>The policy's version.</summary>
    public required int Version { get; init; }

    /// <summary>What is counted, such as <c>gpu-hours-granted</c>.</summary>
    public required string Measure { get; init; }

    /// <summary><c>gpu-hours</c>, <c>credits</c> or <c>count</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>Who is limited, such as <c>organization</c>.</summary>
    public required string SubjectLevel { get; init; }

    /// <summary>The subject's id, a kind's name, or <c>*</c> for everybody.</summary>
    public required string Subject { get; init; }

    /// <summary>Over which stretch of time, such as <c>calendar</c>.</summary>
    public required string Window { get; init; }

    /// <summary>What happens when the limit does not allow a request: deny, review or shadow.</summary>
    public required string Outcome { get; init; }

    /// <summary>With overrides and what earlier windows left.</summary>
    public required decimal Limit { get; init; }

    public required decimal Used { get; init; }

    /// <summary>Kept for requests in review, and under a limit on use for what grants may still use.</summary>
    public required decimal Held { get; init; }

    /// <summary>The part of the limit that earlier windows left.</summary>
    public required decimal Carried { get; init; }

    public required decimal Requested { get; init; }

    public required decimal Remaining { get; init; }

    /// <summary>Whether the limit does not allow the request.</summary>
    public required bool Breached { get; init; }

    /// <summary>Whether the same request may pass later under this limit.</summary>
    public required bool Retryable { get; init; }

    /// <summary>When something next stops counting.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ResetsAt { get; init; }

    public static EvaluationView Of(in QuotaEvaluation evaluation)
    {
        var rule = evaluation.Rule.Rule;
        var unit = rule.Measure.Unit;
        return new EvaluationView
        {
            Rule = rule.Id,
            Title = rule.Title,
            PolicyId = evaluation.Rule.Policy.PolicyId,
            PolicyName = evaluation.Rule.Policy.Name,
            Version = evaluation.Rule.Policy.Version,
            Measure = rule.Measure.Word,
            Unit = Words.Of(unit),
            SubjectLevel = Words.Of(rule.Subject.Level),
            Subject = evaluation.Subject.ToString(),
            Window = rule.Window.Kind,
            Outcome = Words.Of(evaluation.Outcome),
            Limit = Amount(evaluation.Limit, unit),
            Used = Amount(evaluation.Used, unit),
            Held = Amount(evaluation.Held, unit),
            Carried = Amount(evaluation.Carried, unit),
            Requested = Amount(evaluation.Requested, unit),
            Remaining = Amount(evaluation.Remaining, unit),
            Breached = evaluation.IsBreached,
            Retryable = evaluation.IsRetryable,
            ResetsAt = evaluation.ResetsAt,
        };
    }

    internal static decimal Amount(long amount, QuotaUnit unit) =>
        unit switch
        {
            QuotaUnit.GpuHours => Wire.Hours(amount),
            QuotaUnit.Credits => Wire.Credits(amount),
            _ => amount,
        };
}
