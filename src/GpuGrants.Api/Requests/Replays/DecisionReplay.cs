using System.Text.Json;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Json;
using GpuGrants.Api.Requests.Views;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Replays;

/// <summary>A decision of the rules, taken again from what it pinned.</summary>
public static class DecisionReplay
{
    /// <summary>Decides again and compares. Earlier editions of the service worded reasons in another way: of their decisions only the
    /// verdict is compared.</summary>
    /// <param name="row">A decision that rules took.</param>
    /// <param name="policies">Every version that was published in its tree and on the platform.</param>
    /// <param name="language">Of the reasons: en or ko.</param>
    public static ReplayView Run(Decision row, IReadOnlyList<PublishedPolicy> policies, string language = "en")
    {
        var snapshot = DecisionSnapshot.FromBytes(row.Snapshot!);
        var stored = JsonSerializer.Deserialize<DecisionExplanation>(row.Explanation, ApiJson.Options)!;
        var grantable = GpuTime.FromSeconds(row.MaxGrantableGpuSeconds);
        var (verdict, reasons) = Decide(snapshot, stored, snapshot.Replay(policies), grantable);
        var same =
            verdict == row.Verdict
            && (snapshot.Edition != DecisionSnapshot.CurrentEdition || ApiJson.WriteText(reasons) == ApiJson.WriteText(stored.Reasons));
        return new ReplayView
        {
            DecisionId = row.Id,
            Same = same,
            Verdict = row.Verdict,
            ReplayedVerdict = verdict,
            ReplayedReasons = [.. reasons.Select(reason => ReasonView.Of(reason, language))],
        };
    }

    /// <summary>Only quotas decide anew. What eligibility, offers, capacity and budget said is taken from the decision itself.</summary>
    private static (string Verdict, IReadOnlyList<DecisionReason> Reasons) Decide(
        DecisionSnapshot snapshot,
        DecisionExplanation stored,
        QuotaDecision quotas,
        GpuTime grantable
    )
    {
        List<DecisionReason> others = [.. stored.Reasons.Where(reason => !QuotaReasons.Codes.Contains(reason.Code))];
        // Without an offer nothing was tried, so quotas did not speak.
        if (snapshot.Context.OfferId is null)
            return (DecisionVerdict.Denied, others);
        var verdict =
            others.Exists(reason => !Ties.Codes.Contains(reason.Code)) ? QuotaVerdict.Deny
            : others.Count > 0 && quotas.Verdict == QuotaVerdict.Approve ? QuotaVerdict.Review
            : quotas.Verdict;
        return (
            DecisionVerdict.Of(verdict),
            verdict == QuotaVerdict.Approve ? [] : [.. others, .. QuotaReasons.Of(quotas, verdict, grantable)]
        );
    }
}
