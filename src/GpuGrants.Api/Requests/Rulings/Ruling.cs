using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;
using GpuGrants.People;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>
/// What the rules say to a draft: eligibility first, then the suitable offers, cheapest first. The first offer that all rules approve wins,
/// else the first that they refer to people, else the draft is denied with the reasons of the offer that could grant most.
/// </summary>
public sealed record Ruling
{
    public required QuotaVerdict Verdict { get; init; }

    /// <summary>The offer that serves it, or came closest; null when none was tried.</summary>
    public OfferEvaluation? Evaluation { get; init; }

    public required IReadOnlyList<DecisionReason> Reasons { get; init; }

    public required GpuTime MaxGrantable { get; init; }

    /// <summary>What rules know of the request, and so where it counts.</summary>
    public required QuotaMatch Quotas { get; init; }

    /// <summary>What was seen, to decide again.</summary>
    public required DecisionSnapshot Snapshot { get; init; }

    public DecisionExplanation Explanation =>
        new() { Reasons = Reasons, Internal = Evaluation is null ? null : QuotaReasons.ForOperators(Evaluation.Decision) };

    /// <summary>Wants the accounts and counters that a ruling reads.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, ProgrammeConfig programme, Candidates candidates)
    {
        var counters = new BatchCounters(batch);
        tree.WantAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, programme.BudgetProgrammeId));
        foreach (var (match, quotas) in candidates.Offers)
            Plan(tree, counters, match, quotas);
        candidates.SeekNearMisses(tree, programme);
        foreach (var (miss, quotas) in candidates.NearMisses)
            Plan(tree, counters, miss.Match, quotas);
        foreach (var key in candidates.WithoutOffer.Keys)
            counters.Want(key);
    }

    private static void Plan(TreeChanges tree, BatchCounters counters, OfferMatching.Match match, QuotaMatch quotas)
    {
        tree.WantAccount(match.Offer.CapacityAccountId);
        foreach (var key in quotas.Keys)
            counters.Want(key);
    }

    public static Ruling Make(
        TreeChanges tree,
        ProgrammeConfig programme,
        Organization organization,
        Candidates candidates,
        RequestDraft draft,
        Standing standing,
        StatedAge asker
    )
    {
        var wanted = draft.Ask(tree.At);
        var against = AwardConditions.Check(Applicants.Of(organization, asker, tree.At), programme.Terms, wanted, tree.At);
        var best = against.Count > 0 ? null : Best(tree, programme, organization, candidates.Offers, wanted, standing);
        var isDenied = best is null || best.Verdict == QuotaVerdict.Deny;
        if (isDenied && against.Count == 0)
            against = OtherChoices(tree, programme, organization, candidates, standing, asker);
        var quotas = best?.Quotas ?? candidates.WithoutOffer;
        return new Ruling
        {
            Verdict = best?.Verdict ?? QuotaVerdict.Deny,
            Evaluation = best,
            Reasons = Explain(best, against),
            MaxGrantable = best?.MaxGrantable ?? GpuTime.Zero,
            Quotas = quotas,
            Snapshot = DecisionSnapshot.Take(
                quotas,
                best?.Ask ?? new QuotaAsk(draft.Time, Rate.FromMillicredits(0), draft.Gpus, standing.IsCounted),
                standing.Counters,
                tree.At
            ),
        };
    }

    private static OfferEvaluation? Best(
        TreeChanges tree,
        ProgrammeConfig programme,
        Organization organization,
        IReadOnlyList<(OfferMatching.Match Match, QuotaMatch Quotas)> offers,
        OfferAsk wanted,
        Standing standing
    )
    {
        OfferEvaluation? best = null;
        foreach (var (match, matched) in offers)
        {
            var evaluation = OfferEvaluation.Run(tree, standing, matched, match, wanted, organization, programme.BudgetProgrammeId);
            if (
                best is null
                || evaluation.Verdict < best.Verdict
                || (
                    evaluation.Verdict == QuotaVerdict.Deny
                    && best.Verdict == QuotaVerdict.Deny
                    && evaluation.MaxGrantable > best.MaxGrantable
                )
            )
                best = evaluation;
            if (best.Verdict == QuotaVerdict.Approve)
                break;
        }

        return best;
    }

    /// <summary>The first change of each field by which the ask would pass.</summary>
    private static List<Reason> OtherChoices(
        TreeChanges tree,
        ProgrammeConfig programme,
        Organization organization,
        Candidates candidates,
        Standing standing,
        StatedAge asker
    )
    {
        var isOnlyWay = candidates.Offers.Count == 0;
        var passes = candidates
            .NearMisses.Where(one =>
                AwardConditions.Check(Applicants.Of(organization, asker, tree.At), programme.Terms, one.Miss.Ask, tree.At).Count == 0
                && OfferEvaluation
                    .Run(tree, standing, one.Quotas, one.Miss.Match, one.Miss.Ask, organization, programme.BudgetProgrammeId)
                    .Verdict != QuotaVerdict.Deny
            )
            .DistinctBy(one => one.Miss.Field)
            .Select(one => OtherChoice.Of(one.Miss, isOnlyWay))
            .ToList();
        if (passes.Count == 0 && isOnlyWay)
            passes.Add(OtherChoice.None);
        return passes;
    }

    private static IReadOnlyList<DecisionReason> Explain(OfferEvaluation? best, List<Reason> against) =>
        best is { Verdict: QuotaVerdict.Approve }
            ? []
            :
            [
                .. best?.Obstacles ?? [],
                .. against.Select(reason => reason.ToDecision()),
                .. best?.Ties ?? [],
                .. best?.QuotaObstacles ?? [],
            ];
}
