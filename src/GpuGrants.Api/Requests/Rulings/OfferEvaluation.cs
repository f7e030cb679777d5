using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>One offer tried for a request: what capacity, budget and quotas say.</summary>
public sealed class OfferEvaluation
{
    public required OfferMatching.Match Match { get; init; }

    /// <summary>The quota rules that bear on the request if the offer serves it.</summary>
    public required QuotaMatch Rules { get; init; }

    public required QuotaAsk Ask { get; init; }

    /// <summary>What the quota rules say.</summary>
    public required QuotaDecision Quotas { get; init; }

    /// <summary>Reasons that no person can lift: of the offer, its dates and sizes, capacity and budget.</summary>
    public required IReadOnlyList<DecisionReason> Obstacles { get; init; }

    /// <summary>
    /// The most of the ask that would be approved now, in whole steps of the wire format. Where the ask is denied and nothing would be
    /// approved without a person, the most that a person may still approve.
    /// </summary>
    public required GpuTime MaxGrantable { get; init; }

    /// <summary>Whether people of the organization operate the offer's provider: then somebody from outside both approves.</summary>
    public required bool SharesPeople { get; init; }

    /// <summary>Why no rule approves on the offer, whatever quotas say; empty when rules may.</summary>
    public required IReadOnlyList<DecisionReason> TieReasons { get; init; }

    /// <summary>People of the programme who have to approve when the verdict is a review; 0 when only the provider has to.</summary>
    public int ProgrammeApprovals => Math.Max(SharesPeople ? 1 : 0, Quotas.Approvals.Count);

    public QuotaVerdict Verdict =>
        Obstacles.Count > 0 ? QuotaVerdict.Deny
        : TieReasons.Count > 0 && Quotas.Verdict == QuotaVerdict.Approve ? QuotaVerdict.Review
        : Quotas.Verdict;

    /// <summary>What quotas say against it. A reviewer may lift these, unless a rule denies.</summary>
    public IEnumerable<DecisionReason> ReasonsOfQuotas => QuotaReasons.Of(Quotas, Verdict, MaxGrantable);

    /// <summary>Tries the offer. Reads only; the accounts and counters must have been planned.</summary>
    public static OfferEvaluation Run(
        TreeChanges tree,
        AskBasis basis,
        QuotaMatch rules,
        OfferMatching.Match match,
        OfferAsk wanted,
        Ties ties,
        Guid budgetProgrammeId
    )
    {
        var ask = new QuotaAsk(wanted.Time, match.Rate, wanted.Gpus, basis.IsCountedAlready, basis.LifeOf(wanted)) { Part = basis.Part };
        var quotas = QuotaDecision.Decide(rules, ask, basis.Counters, tree.At);
        var supply = basis.SupplyOf(tree, match, wanted, budgetProgrammeId);
        var sharesPeople = ties.SharePeople(match.Offer, tree.At);
        var reasons = ties.On(match.Offer, sharesPeople);
        var most = supply.MostOf(wanted.Time, reasons.Count > 0 ? GpuTime.Zero : quotas.MaxGrantable);
        // A code, a quote and a grant that gets other dates stand for what they are, so no smaller amount is advised.
        GpuTime Advised(GpuTime amount) => basis.SetAside is null ? amount : GpuTime.Zero;
        var obstacles = AwardConditions.AgainstOffer(supply, wanted, Advised(most));
        var isDenied = obstacles.Count > 0 || quotas.Verdict == QuotaVerdict.Deny;
        if (isDenied && most.IsZero)
        {
            // Where every amount needs a review, the counter-offer is what a reviewer may still approve.
            most = supply.MostOf(wanted.Time, quotas.MaxReviewable);
            obstacles = AwardConditions.AgainstOffer(supply, wanted, Advised(most));
        }

        return new OfferEvaluation
        {
            Match = match,
            Rules = rules,
            Ask = ask,
            Quotas = quotas,
            Obstacles = obstacles.Count == 0 ? [] : [.. obstacles.Select(DecisionReason.Of)],
            MaxGrantable = most,
            SharesPeople = sharesPeople,
            TieReasons = reasons,
        };
    }
}
