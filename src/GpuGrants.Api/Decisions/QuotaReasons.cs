using System.Globalization;
using GpuGrants.Api.Json;
using GpuGrants.Units;

namespace GpuGrants.Api.Decisions;

/// <summary>What quotas say against a request, as reasons of its decision.</summary>
internal static class QuotaReasons
{
    private const string Exceeded = "quota-exceeded";
    private const string OfOrganization = "organization-limit-exceeded";
    private const string NeedsReview = "quota-needs-review";
    private const string Unreadable = "policy-unreadable";

    /// <summary>The codes by which a reason is known to come from a quota.</summary>
    public static IReadOnlyList<string> Codes { get; } = [Exceeded, OfOrganization, NeedsReview, Unreadable];

    /// <summary>Every quota reason for a verdict. A denial names the rules that deny: no reviewer will see the request.</summary>
    /// <param name="decision">What quotas said.</param>
    /// <param name="verdict">The verdict as a whole.</param>
    /// <param name="grantable">The amount that the sentences advise to ask for; zero for none.</param>
    public static IEnumerable<DecisionReason> Of(QuotaDecision decision, QuotaVerdict verdict, GpuTime grantable) =>
        verdict switch
        {
            QuotaVerdict.Approve => [],
            QuotaVerdict.Deny => decision.Denials.Select(one => Reason(one, grantable)),
            _ => decision
                .Evaluations.Where(one => one.Verdict == QuotaVerdict.Review)
                .Select(one => Reason(one, grantable))
                .Concat(decision.Unreadable.Select(Unread)),
        };

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

    private static DecisionReason Unread(PublishedPolicy policy) =>
        new()
        {
            Code = Unreadable,
            Message = $"The policy '{policy.Name}' cannot be read, so a reviewer will decide. Wait for the answer.",
            MessageKo = $"정책 '{policy.Name}'을(를) 읽을 수 없어 담당자가 결정합니다. 결과를 기다려 주십시오.",
            Retryable = true,
        };

    private static DecisionReason Reason(QuotaEvaluation evaluation, GpuTime grantable)
    {
        var field = FieldOf(evaluation);
        var advice = QuotaAdvice.Of(grantable);
        return new DecisionReason
        {
            Code = evaluation.Outcome == BreachOutcome.Review ? NeedsReview : CodeOf(evaluation),
            Message = QuotaSentences.For(evaluation, "en", advice),
            MessageKo = QuotaSentences.For(evaluation, "ko", advice),
            Field = field,
            WouldPass = field switch
            {
                "gpuHours" when !grantable.IsZero => Wire.HoursText(grantable),
                "gpus" when evaluation.Remaining > 0 => evaluation.Remaining.ToString(CultureInfo.InvariantCulture),
                _ => null,
            },
            Quota = EvaluationView.Of(evaluation),
            Retryable = evaluation.IsRetryable,
        };
    }

    /// <summary>The code of a rule that denies: it says whether the applicant's own organization set the limit.</summary>
    private static string CodeOf(in QuotaEvaluation denial) => denial.Rule.Policy.IsOfOrganization ? OfOrganization : Exceeded;

    /// <summary>The field of the request that the rule limits; null when none of them matters to it.</summary>
    public static string? FieldOf(in QuotaEvaluation evaluation) =>
        evaluation.Rule.Rule.Measure == QuotaMeasure.ConcurrentGpus ? "gpus"
        : evaluation.Rule.Rule.Measure.Unit == QuotaUnit.Count ? null
        : "gpuHours";
}
