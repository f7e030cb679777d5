namespace GpuGrants.Api.Decisions;

/// <summary>What quotas say against a request, as reasons of its decision.</summary>
internal static class QuotaReasons
{
    private const string Exceeded = "quota-exceeded";
    private const string NeedsReview = "quota-needs-review";
    private const string Unreadable = "policy-unreadable";

    /// <summary>The codes by which a reason is known to come from a quota.</summary>
    public static IReadOnlyList<string> Codes { get; } = [Exceeded, NeedsReview, Unreadable];

    public static IEnumerable<DecisionReason> Of(QuotaDecision decision) =>
        decision
            .Evaluations.Where(one => one.IsBreached && one.Outcome != BreachOutcome.Shadow)
            .Select(Reason)
            .Concat(
                decision.Unreadable.Select(policy => new DecisionReason
                {
                    Code = Unreadable,
                    Message = $"The policy '{policy.Name}' cannot be read, so a reviewer will decide. Wait for the answer.",
                    MessageKo = $"정책 '{policy.Name}'을(를) 읽을 수 없어 담당자가 결정합니다.",
                    Retryable = true,
                })
            );

    /// <summary>All that is known of what was breached, enforced or only observed, for operators; null when nothing was.</summary>
    public static string? ForOperators(QuotaDecision decision)
    {
        string[] lines =
        [
            .. decision.Evaluations.Where(one => one.IsBreached).Select(one => QuotaSentences.ForOperator(one)),
            .. decision.Unreadable.Select(policy =>
                $"policy \"{policy.Name}\" ({policy.PolicyId}) version {policy.Version} cannot be read: {policy.Unreadable}"
            ),
        ];
        return lines.Length == 0 ? null : string.Join('\n', lines);
    }

    private static DecisionReason Reason(QuotaEvaluation evaluation) =>
        new()
        {
            Code = evaluation.Outcome == BreachOutcome.Review ? NeedsReview : Exceeded,
            Message = QuotaSentences.For(evaluation, "en"),
            MessageKo = QuotaSentences.For(evaluation, "ko"),
            Field = evaluation.Rule.Rule.Measure.Unit == QuotaUnit.Count ? null : "gpuHours",
            Quota = EvaluationView.Of(evaluation),
            Retryable = evaluation.IsRetryable,
        };
}
