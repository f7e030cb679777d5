using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>What the rules say to a change of a grant that makes no request.</summary>
internal static class ChangeVerdict
{
    /// <summary>Why the change cannot be made; null when it can.</summary>
    /// <param name="decision">What quotas say.</param>
    /// <param name="others">What else is against it.</param>
    /// <param name="decider">Whoever answers rules that ask for a review; null for a member.</param>
    public static Refusal? Refuse(QuotaDecision decision, IReadOnlyList<DecisionReason> others, Decider? decider)
    {
        if (others.Count > 0 || decision.Verdict == QuotaVerdict.Deny)
            return VerdictRefusal.ForGrant([.. others, .. QuotaReasons.Of(decision, QuotaVerdict.Deny, GpuTime.Zero)]);
        return decision.Verdict == QuotaVerdict.Review && decider is null
            ? VerdictRefusal.ForGrantReview([.. QuotaReasons.Of(decision, QuotaVerdict.Review, GpuTime.Zero)])
            : null;
    }
}
