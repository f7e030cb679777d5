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

    /// <summary>What rules know of the request, and so where it counts.</summary>
    public required QuotaMatch Quotas { get; init; }

    /// <summary>What was reserved for the ask by a code or a quote; null for nothing.</summary>
    public Reservation? Reserved { get; init; }

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
            Internal = Evaluation is null ? null : QuotaReasons.ForOperators(Evaluation.Decision),
            PassedOver = PassedOver.Count == 0 ? null : PassedOver,
            Tried = Tried,
        };

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
        tree.WantPromises(match.Offer);
        foreach (var key in quotas.Keys)
            counters.Want(key);
    }

    public static Ruling Make(
        TreeChanges tree,
        ProgrammeConfig programme,
        Ties ties,
        Candidates candidates,
        RequestDraft draft,
        Standing standing,
        StatedAge asker,
        bool listsAll = false
    )
    {
        var (organization, wanted) = (ties.Organization, draft.Ask(tree.At, ties.Organization));
        var earliest = draft.Earliest(wanted);
        var against = AwardConditions.Check(Applicants.Of(organization, asker, tree.At), programme.Terms, earliest ?? wanted, tree.At);
        var tried = against.Count > 0 ? [] : Try(tree, programme, ties, candidates.Offers, wanted, earliest, standing);
        var best = Best(tried);
        var isDenied = best is null || best.Verdict == QuotaVerdict.Deny;
        if (isDenied && against.Count == 0)
            against = OtherChoices(tree, programme, ties, candidates, standing, asker);
        var quotas = best?.Quotas ?? candidates.WithoutOffer;
        return new Ruling
        {
            Verdict = best?.Verdict ?? QuotaVerdict.Deny,
            Evaluation = best,
            Reasons = Explain(best, against),
            // What a code reserved is for the code alone: no counter-offer could use it.
            MaxGrantable = standing.Reserved is null && best is not null ? best.MaxGrantable : GpuTime.Zero,
            Quotas = quotas,
            Reserved = standing.Reserved,
            Snapshot = DecisionSnapshot.Take(
                quotas,
                best?.Ask ?? new QuotaAsk(draft.Time, Rate.FromMillicredits(0), draft.Gpus, standing.IsCounted),
                standing.Counters,
                tree.At
            ),
            Draft = draft,
            PassedOver = PassedOffers.Of(tree, programme, candidates, tried, best, listsAll && tried.Count > 0 ? wanted : null),
        };
    }

    /// <summary>Tries offers in order, until one is approved.</summary>
    private static List<OfferEvaluation> Try(
        TreeChanges tree,
        ProgrammeConfig programme,
        Ties ties,
        IReadOnlyList<(OfferMatching.Match Match, QuotaMatch Quotas)> offers,
        OfferAsk wanted,
        OfferAsk? earliest,
        Standing standing
    )
    {
        var tried = new List<OfferEvaluation>(1);
        foreach (var (match, matched) in offers)
        {
            var priced = standing.Reserved?.Rate is { } pinned ? match with { Rate = pinned } : match;
            tried.Add(OfferEvaluation.Run(tree, standing, matched, priced, wanted, ties, programme.BudgetProgrammeId));
            // A quote has to pass whenever it is used.
            if (earliest is { } first && tried[^1].Verdict != QuotaVerdict.Deny)
            {
                var early = OfferEvaluation.Run(tree, standing, matched, priced, first, ties, programme.BudgetProgrammeId);
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
        Standing standing,
        StatedAge asker
    )
    {
        var isOnlyWay = candidates.Offers.Count == 0;
        var passes = candidates
            .NearMisses.Where(one =>
                AwardConditions.Check(Applicants.Of(ties.Organization, asker, tree.At), programme.Terms, one.Miss.Ask, tree.At).Count == 0
                && OfferEvaluation.Run(tree, standing, one.Quotas, one.Miss.Match, one.Miss.Ask, ties, programme.BudgetProgrammeId).Verdict
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
                .. against.Select(reason => reason.ToDecision()),
                .. best is { Verdict: QuotaVerdict.Review } ? best.TieReasons : [],
                .. best?.QuotaObstacles ?? [],
            ];
}

/// <summary>One offer tried for a request: what capacity, budget and quotas say.</summary>
public sealed class OfferEvaluation
{
    public required OfferMatching.Match Match { get; init; }

    public required QuotaMatch Quotas { get; init; }

    public required QuotaAsk Ask { get; init; }

    public required QuotaDecision Decision { get; init; }

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
    public int ProgrammeApprovals => Math.Max(SharesPeople ? 1 : 0, Decision.Approvals.Count);

    public QuotaVerdict Verdict =>
        Obstacles.Count > 0 ? QuotaVerdict.Deny
        : TieReasons.Count > 0 && Decision.Verdict == QuotaVerdict.Approve ? QuotaVerdict.Review
        : Decision.Verdict;

    /// <summary>What quotas say against it.</summary>
    public IEnumerable<DecisionReason> QuotaObstacles => QuotaReasons.Of(Decision, Verdict, MaxGrantable);

    /// <summary>Tries the offer. Reads only; the accounts and counters must have been planned.</summary>
    public static OfferEvaluation Run(
        TreeChanges tree,
        Standing standing,
        QuotaMatch quotas,
        OfferMatching.Match match,
        OfferAsk wanted,
        Ties ties,
        Guid budgetProgrammeId
    )
    {
        var ask = new QuotaAsk(wanted.Time, match.Rate, wanted.Gpus, standing.IsCounted, standing.LifeOf(wanted)) { Part = standing.Part };
        var decision = QuotaDecision.Decide(quotas, ask, standing.Counters, tree.At);
        var supply = standing.SupplyOf(tree, match, wanted, budgetProgrammeId);
        var sharesPeople = ties.SharePeople(match.Offer, tree.At);
        var reasons = ties.On(match.Offer, sharesPeople);
        var most = supply.MostOf(wanted.Time, reasons.Count > 0 ? GpuTime.Zero : decision.MaxGrantable);
        // A code, a quote and a grant that gets other dates stand for what they are, so no smaller amount is advised.
        GpuTime Advised(GpuTime amount) => standing.Reserved is null ? amount : GpuTime.Zero;
        var obstacles = AwardConditions.Check(supply, wanted, Advised(most));
        var isDenied = obstacles.Count > 0 || decision.Verdict == QuotaVerdict.Deny;
        if (isDenied && most.IsZero)
        {
            // Where every amount needs a review, the counter-offer is what a reviewer may still approve.
            most = supply.MostOf(wanted.Time, decision.MaxReviewable);
            obstacles = AwardConditions.Check(supply, wanted, Advised(most));
        }

        return new OfferEvaluation
        {
            Match = match,
            Quotas = quotas,
            Ask = ask,
            Decision = decision,
            Obstacles = obstacles.Count == 0 ? [] : [.. obstacles.Select(reason => reason.ToDecision())],
            MaxGrantable = most,
            SharesPeople = sharesPeople,
            TieReasons = reasons,
        };
    }

    /// <summary>All that rules may ask about the request if this offer served it.</summary>
    /// <param name="asking">Who asks.</param>
    /// <param name="draft">What is asked for.</param>
    /// <param name="offer">The offer; null when none serves it.</param>
    public static QuotaContext Context(QuotaContext asking, RequestDraft draft, Offer? offer) =>
        asking with
        {
            GpuModelId = offer?.GpuModelId,
            GpuClass = offer?.GpuClass,
            GpuMemoryGib = offer?.GpuMemoryGib,
            ProviderId = offer?.ProviderId,
            OfferId = offer?.Id,
            Region = offer?.Region,
            Tags = draft.Tags,
            Gpus = draft.Gpus,
        };
}

/// <summary>
/// What stands when an ask is decided: the counters, and what the ask holds already. A verdict takes the request's own hold as free, and
/// changes nothing to do so.
/// </summary>
/// <param name="Counters">The counters, without what the request itself holds.</param>
/// <param name="Held">The request in review whose hold counts as free; null for an ask that holds nothing.</param>
/// <param name="IsCounted">Whether the asking was counted before: see <see cref="QuotaAsk"/>.</param>
public sealed record Standing(IQuotaCounters Counters, Request? Held = null, bool IsCounted = false)
{
    /// <summary>What the ask would add.</summary>
    public AskedPart Part { get; init; }

    /// <summary>What a code or a quote reserved for the ask, or the grant that it changes has left; null for all others.</summary>
    public Reservation? Reserved { get; init; }

    /// <summary>The grant that it changes; null for a new one.</summary>
    public Grant? Changes { get; init; }

    /// <summary>
    /// The life by which limits on use look at the ask. A grant that gave GPUs back counts with all that it had, because what ran on them
    /// may still be reported.
    /// </summary>
    internal GrantLife LifeOf(OfferAsk wanted) => new(wanted.StartsAt, wanted.EndsAt, Changes?.Life().Gpus ?? wanted.Gpus);

    /// <summary>A new ask.</summary>
    public static Standing New(BatchState batch) => new(new BatchCounters(batch));

    /// <summary>The smaller amount that the answer to an ask offered.</summary>
    public static Standing CounterOffer(BatchState batch) => new(new BatchCounters(batch), IsCounted: true);

    /// <summary>The offer with what is free for this ask.</summary>
    internal Supply SupplyOf(TreeChanges tree, OfferMatching.Match match, OfferAsk wanted, Guid budgetProgrammeId)
    {
        var capacity =
            Free(tree, match.Offer.CapacityAccountId)
            + (Held?.OfferId == match.Offer.Id ? Held.GpuSeconds : 0)
            + (Reserved?.OfferId == match.Offer.Id ? Reserved.Time.Seconds : 0);
        if (match.Offer.IsDated && !IsUndated)
            capacity = Math.Min(capacity, InTime(tree, match.Offer, wanted).Seconds);
        else if (tree.BecameDated(match.Offer) && !IsUndated)
            capacity = 0;
        var budget =
            Free(tree, AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, budgetProgrammeId))
            + (Held?.BudgetProgrammeId == budgetProgrammeId ? Held.Credits ?? 0 : 0)
            + (Reserved?.BudgetProgrammeId == budgetProgrammeId ? Reserved.Credits.Units : 0);
        return new Supply(match.Offer, match.Rate, GpuTime.FromSeconds(capacity), Credits.FromUnits(budget))
        {
            ReservableGpus =
                !wanted.IsReserved ? null
                : capacity >= wanted.Time.Seconds ? wanted.Gpus
                : ReservableGpus(tree, match.Offer, wanted),
        };
    }

    /// <summary>What one schedule can serve of the ask beside all that the offer promised.</summary>
    private GpuTime InTime(TreeChanges tree, Offer offer, OfferAsk wanted)
    {
        var time = wanted.Time < offer.MinSize ? offer.MinSize : wanted.Time;
        var asked = new GpuPromise(Guid.Empty, wanted.Gpus, wanted.StartsAt, wanted.EndsAt, time, wanted.IsReserved);
        asked = (Part, Changes) switch
        {
            (AskedPart.Dates, { } grant) => asked with { Id = grant.Id },
            (AskedPart.Time, { Mode: GrantMode.Pooled } grant) => asked with { Joins = grant.Id },
            _ => asked,
        };
        return OwnOn(offer) is { } own ? tree.PlanOf(offer).MostInsteadOf(own, asked) : tree.PlanOf(offer).MostFor(asked);
    }

    /// <summary>Other dates of a grant that has hours without dates, whatever its offer has now: they are no tranche's.</summary>
    private bool IsUndated => Part == AskedPart.Dates && Changes is { Mode: null };

    private int ReservableGpus(TreeChanges tree, Offer offer, OfferAsk wanted)
    {
        var asked = new GpuPromise(Guid.Empty, wanted.Gpus, wanted.StartsAt, wanted.EndsAt, wanted.Time, IsReserved: true);
        return offer.IsDated ? tree.PlanOf(offer).MostGpusFor(asked, OwnOn(offer)) : 0;
    }

    /// <summary>What the ask holds on the offer already: as a grant that gets other dates, as a request in review, or by a quote.</summary>
    private Guid? OwnOn(Offer offer) =>
        Part == AskedPart.Dates ? Changes?.Id
        : Held?.OfferId == offer.Id ? Held.Id
        : Reserved?.OfferId == offer.Id ? Reserved.QuoteId
        : null;

    private static long Free(TreeChanges tree, Guid accountId) => Math.Max(0, tree.FindAccount(accountId)?.Available ?? 0);
}

/// <summary>What is reserved for an ask beside what is free.</summary>
/// <param name="OfferId">The offer with the GPU time.</param>
/// <param name="Time">GPU time.</param>
/// <param name="BudgetProgrammeId">The programme with the budget.</param>
/// <param name="Credits">Its credits.</param>
public sealed record Reservation(Guid OfferId, GpuTime Time, Guid BudgetProgrammeId, Credits Credits)
{
    /// <summary>The quote; null for a code.</summary>
    public Guid? QuoteId { get; init; }

    /// <summary>The rate that the quote pins; null for the offer's present rate.</summary>
    public Rate? Rate { get; init; }

    /// <summary>The id that the request gets unless it is denied; null for a new one.</summary>
    public Guid? RequestId { get; init; }

    /// <summary>The id that the grant gets; null for a new one.</summary>
    public Guid? GrantId { get; init; }
}

/// <summary>Who asks.</summary>
/// <param name="MemberId">The principal, as rules on members count it.</param>
/// <param name="PersonId">The person behind it, as rules on people count it.</param>
/// <param name="PartnerId">The partner that asks for it; null when none does.</param>
public readonly record struct Asker(Guid MemberId, Guid PersonId, Guid? PartnerId)
{
    public static Asker Of(Actor actor) => new(actor.Member, actor.Person, actor.Acting?.PartnerId);

    /// <summary>Whoever asked first, as the request's context pins it.</summary>
    public static Asker Of(QuotaContext context, Guid memberId) => new(memberId, context.AskerId ?? memberId, context.PartnerId);
}
