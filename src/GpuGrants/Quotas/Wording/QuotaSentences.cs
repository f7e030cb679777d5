using System.Globalization;

namespace GpuGrants.Quotas.Wording;

/// <summary>What an evaluation says, in words.</summary>
public static class QuotaSentences
{
    /// <summary>
    /// Short sentences for the applicant: the rule with its limit, what is used, held, asked for and left, and what to do next. For an
    /// evaluation that asks for nothing, they say where the subject stands.
    /// </summary>
    /// <param name="evaluation">What the rule said.</param>
    /// <param name="language">A language tag such as <c>ko</c> or <c>ko-KR</c>; every language that is not spoken here becomes
    /// English.</param>
    public static string For(QuotaEvaluation evaluation, string language) => For(evaluation, language, QuotaAdvice.OfTheRule);

    /// <inheritdoc cref="For(QuotaEvaluation, string)"/>
    /// <param name="evaluation">What the rule said.</param>
    /// <param name="language">As above.</param>
    /// <param name="advice">Which smaller amount the sentences advise.</param>
    public static string For(QuotaEvaluation evaluation, string language, QuotaAdvice advice) =>
        IsKorean(language) ? KoreanQuotaText.Write(evaluation, advice) : EnglishQuotaText.Write(evaluation, advice);

    /// <summary>The rule with its limit, and what is used, held, added and left, for somebody who decides about the applicant.</summary>
    /// <param name="evaluation">What the rule said.</param>
    /// <param name="language">As for applicants.</param>
    public static string ForReviewer(QuotaEvaluation evaluation, string language) =>
        IsKorean(language) ? KoreanQuotaText.WriteForReviewer(evaluation) : EnglishQuotaText.WriteForReviewer(evaluation);

    /// <summary>
    /// Everything that is known, for operators and logs; never shown to applicants, since it names subjects and policies by their ids.
    /// </summary>
    public static string ForOperator(QuotaEvaluation evaluation)
    {
        var (policy, rule, signature) = (evaluation.Rule.Policy, evaluation.Rule.Rule, evaluation.Rule.Signature);
        var unit = rule.Measure.Unit;
        string Amount(long amount) => AmountText.Write(amount, unit);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            Policy "{policy.Name}" ({policy.PolicyId}) version {policy.Version}, rule "{rule.Id}": {Words.Of(evaluation.Outcome)} when breached; {Breach(
                evaluation
            )}.
            Subject {Words.Of(rule.Subject.Level)} {evaluation.Subject} ({Words.Of(rule.Subject.Grouping)}), scope {Scope(policy)}.
            Counts {rule.Measure} in {Words.Of(unit)} over {rule.Window.Canonical(signature.TimeZone ?? policy.TimeZone)}.
            Limit {Amount(evaluation.Limit)} (rule {Base(rule, unit)}, carried {Amount(evaluation.Carried)}), used {Amount(
                evaluation.Used
            )}, held {Amount(evaluation.Held)}, requested {Amount(evaluation.Requested)}, remaining {Amount(evaluation.Remaining)}.
            Window from {Instant(evaluation.WindowStart)}, resets at {Instant(evaluation.ResetsAt)}. Counter {signature.Id}.
            """
        );
    }

    private static bool IsKorean(string language) =>
        language.Equals("ko", StringComparison.OrdinalIgnoreCase) || language.StartsWith("ko-", StringComparison.OrdinalIgnoreCase);

    private static string Breach(in QuotaEvaluation evaluation) =>
        !evaluation.IsBreached ? "not breached"
        : evaluation.IsRetryable ? "breached, may pass later"
        : "breached, can never pass";

    private static string Scope(PublishedPolicy policy) =>
        policy.ScopeOrganizationId is { } organization ? $"organization {organization}"
        : policy.ScopeProgrammeId is { } scope ? $"programme {scope}"
        : "platform";

    private static string Base(QuotaRule rule, QuotaUnit unit) => rule.Limit is { } limit ? AmountText.Write(limit, unit) : "shared";

    private static string Instant(DateTimeOffset? at) =>
        at?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? "never";
}
