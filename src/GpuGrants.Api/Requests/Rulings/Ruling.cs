using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;
using GpuGrants.People;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>
/// What the rules say to a draft: eligibility first, then the suitable offers in order. The first offer that all rules approve wins,
/// else the first that they refer to people, else the draft is denied with the reasons of the offer that could grant most.
/// </summary>
public sealed record Ruling
{
    public required QuotaVerdict Verdict { get; init; }

    /// <summary>The offer that serves it, or came closest; null when none was tried.</summary>
    public OfferEvaluation? Evaluation { get; init; }

    public required IReadOnlyList<DecisionReason> Reasons { get; init; }

    public required GpuTime MaxGrantable { get; init; }

    /// <summary>The quota rules that bear on the request, and so where it counts.</summary>
    public required QuotaMatch Rules { get; init; }

    /// <summary>What a code or a quote set aside for the ask, or the grant that it changes has left; null for nothing.</summary>
    public SetAside? SetAside { get; init; }

    /// <summary>What was seen, to decide again.</summary>
    public required DecisionSnapshot Snapshot { get; init; }

    /// <summary>The draft that was decided.</summary>
    public required RequestDraft Draft { get; init; }

    /// <summary>Offers that do not serve it.</summary>
    public required IReadOnlyList<PassedOffer> PassedOver { get; init; }

    /// <summary>What the request would also take; null where it states no fallback.</summary>
    public IReadOnlyList<TriedAsk>? Tried { get; init; }

    public DecisionExplanation Explanation =>
        new()
        {
            Reasons = Reasons,
            Internal = Evaluation is null ? null : QuotaReasons.ForOperators(Evaluation.Quotas),
            PassedOver = PassedOver.Count == 0 ? null : PassedOver,
            Tried = Tried,
        };

    /// <summary>Wants the accounts and counters that a ruling reads.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, ProgrammeConfig programme, Candidates candidates)
    {
        var counters = new BatchCounters(batch);
        tree.WantAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, programme.BudgetProgrammeId));
        foreach (var (match, rules) in candidates.Offers)
            Plan(tree, counters, match, rules);
        candidates.SeekNearMisses(tree, programme);
        foreach (var (miss, rules) in candidates.NearMisses)
            Plan(tree, counters, miss.Match, rules);
        foreach (var key in candidates.WithoutOffer.Keys)
            counters.Want(key);
    }

    private static void Plan(TreeChanges tree, BatchCounters counters, OfferMatching.Match match, QuotaMatch rules)
    {
        tree.WantAccount(match.Offer.CapacityAccountId);
        tree.WantPromises(match.Offer);
        foreach (var key in rules.Keys)
            counters.Want(key);
    }

    public static Ruling Make(
        TreeChanges tree,
        ProgrammeConfig programme,
        Ties ties,
        Candidates candidates,
        RequestDraft draft,
        AskBasis basis,
        StatedAge age,
        bool listsAll = false
    )
    {
        var (organization, wanted) = (ties.Organization, draft.Ask(tree.At, ties.Organization));
        var earliest = draft.Earliest(wanted);
        var applicant = Applicants.Of(organization, age, tree.At);
        var against = AwardConditions.AgainstApplicant(applicant, programme.Terms, earliest ?? wanted, tree.At);
        var mayAsk = against.Count == 0;
        var tried = mayAsk ? Try(tree, programme, ties, candidates.Offers, wanted, earliest, basis) : [];
        var best = Best(tried);
        var isDenied = best is null || best.Verdict == QuotaVerdict.Deny;
        if (isDenied && mayAsk)
            against = OtherChoices(tree, programme, ties, candidates, basis, applicant);
        var rules = best?.Rules ?? candidates.WithoutOffer;
        return new Ruling
        {
            Verdict = best?.Verdict ?? QuotaVerdict.Deny,
            Evaluation = best,
            Reasons = Explain(best, against),
            // What is set aside is for this very ask, whole: no counter-offer could use it.
            MaxGrantable = basis.SetAside is null && best is not null ? best.MaxGrantable : GpuTime.Zero,
            Rules = rules,
            SetAside = basis.SetAside,
            Snapshot = DecisionSnapshot.Take(
                rules,
                best?.Ask ?? new QuotaAsk(draft.Time, Rate.FromMillicredits(0), draft.Gpus, basis.IsCountedAlready),
                basis.Counters,
                tree.At
            ),
            Draft = draft,
            PassedOver = PassedOffers.Of(tree, programme, candidates, tried, best, listsAll && mayAsk ? wanted : null),
        };
    }

    /// <summary>Tries offers in order, until one is approved.</summary>
    private static List<OfferEvaluation> Try(
        TreeChanges tree,
        ProgrammeConfig programme,
        Ties ties,
        IReadOnlyList<(OfferMatching.Match Match, QuotaMatch Rules)> offers,
        OfferAsk wanted,
        OfferAsk? earliest,
        AskBasis basis
    )
    {
        var tried = new List<OfferEvaluation>(1);
        foreach (var (match, rules) in offers)
        {
            var priced = basis.SetAside?.Rate is { } pinned ? match with { Rate = pinned } : match;
            tried.Add(OfferEvaluation.Run(tree, basis, rules, priced, wanted, ties, programme.BudgetProgrammeId));
            // A quote has to pass whenever it is used.
            if (earliest is { } first && tried[^1].Verdict != QuotaVerdict.Deny)
            {
                var early = OfferEvaluation.Run(tree, basis, rules, priced, first, ties, programme.BudgetProgrammeId);
                tried[^1] = early.Verdict > tried[^1].Verdict ? early : tried[^1];
            }

            if (tried[^1].Verdict == QuotaVerdict.Approve)
                break;
        }

        return tried;
    }

    /// <summary>The first with the best verdict; among those that are denied, the one that could grant most.</summary>
    private static OfferEvaluation? Best(List<OfferEvaluation> tried)
    {
        OfferEvaluation? best = null;
        foreach (var one in tried)
            if (
                best is null
                || one.Verdict < best.Verdict
                || (one.Verdict == QuotaVerdict.Deny && best.Verdict == QuotaVerdict.Deny && one.MaxGrantable > best.MaxGrantable)
            )
                best = one;
        return best;
    }

    /// <summary>The first change of each field by which the ask would pass.</summary>
    private static List<Reason> OtherChoices(
        TreeChanges tree,
        ProgrammeConfig programme,
        Ties ties,
        Candidates candidates,
        AskBasis basis,
        Applicant applicant
    )
    {
        var isOnlyWay = candidates.Offers.Count == 0;
        var passes = candidates
            .NearMisses.Where(one =>
                AwardConditions.AgainstApplicant(applicant, programme.Terms, one.Miss.Ask, tree.At).Count == 0
                && OfferEvaluation.Run(tree, basis, one.Rules, one.Miss.Match, one.Miss.Ask, ties, programme.BudgetProgrammeId).Verdict
                    != QuotaVerdict.Deny
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
                .. against.Select(DecisionReason.Of),
                .. best is { Verdict: QuotaVerdict.Review } ? best.TieReasons : [],
                .. best?.ReasonsOfQuotas ?? [],
            ];
}
