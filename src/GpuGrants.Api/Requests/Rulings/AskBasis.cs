using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>
/// On what an ask is decided: the counters, and what the ask holds already. A verdict takes the request's own hold as free, and changes
/// nothing to do so.
/// </summary>
/// <param name="Counters">The counters, without what the request itself holds.</param>
/// <param name="InReview">The request in review whose hold counts as free; null for an ask that holds nothing.</param>
/// <param name="IsCountedAlready">Whether the asking was counted before: see <see cref="QuotaAsk"/>.</param>
public sealed record AskBasis(IQuotaCounters Counters, Request? InReview = null, bool IsCountedAlready = false)
{
    /// <summary>What the ask would add.</summary>
    public AskedPart Part { get; init; }

    /// <summary>What a code or a quote set aside for the ask, or the grant that it changes has left; null for all others.</summary>
    public SetAside? SetAside { get; init; }

    /// <summary>The grant that it changes; null for a new one.</summary>
    public Grant? Changes { get; init; }

    /// <summary>
    /// The life by which limits on use look at the ask. A grant that gave GPUs back counts with all that it had, because what ran on them
    /// may still be reported.
    /// </summary>
    internal GrantLife LifeOf(OfferAsk wanted) => new(wanted.StartsAt, wanted.EndsAt, Changes?.Life().Gpus ?? wanted.Gpus);

    /// <summary>A new ask.</summary>
    public static AskBasis New(BatchState batch) => new(new BatchCounters(batch));

    /// <summary>A new ask that a code or a quote set something aside for.</summary>
    public static AskBasis New(BatchState batch, SetAside setAside) => new(new BatchCounters(batch)) { SetAside = setAside };

    /// <summary>The smaller amount that the answer to an ask offered.</summary>
    public static AskBasis CounterOffer(BatchState batch) => new(new BatchCounters(batch), IsCountedAlready: true);

    /// <summary>A request in review that its applicant amends. The changed request counts as asked once more.</summary>
    public static AskBasis Amended(BatchState batch, TreeChanges tree, Request request) =>
        new(Without(batch, tree, request), InReview: request);

    /// <summary>A request in review that a person settles.</summary>
    public static AskBasis ForVerdict(BatchState batch, TreeChanges tree, Request request) =>
        new(Without(batch, tree, request), InReview: request, IsCountedAlready: true);

    /// <summary>
    /// The same ask as one for more time of a grant or for a later end. Other dates take what the grant has as free, and ask only limits on
    /// use.
    /// </summary>
    /// <param name="change">One of <see cref="AskedChange"/>.</param>
    public AskBasis Changing(BatchState batch, TreeChanges tree, Grant grant, string change) =>
        GrantAsk.AddsTime(grant, change)
            ? this with
            {
                Part = AskedPart.Time,
                Changes = grant,
            }
            : this with
            {
                Counters = GrantRules.Without(batch, tree, grant, Counters),
                Part = AskedPart.Dates,
                Changes = grant,
                SetAside = SetAside.OfGrant(grant),
                InReview = null,
            };

    /// <summary>The offer with what is free for this ask.</summary>
    internal Supply SupplyOf(TreeChanges tree, OfferMatching.Match match, OfferAsk wanted, Guid budgetProgrammeId)
    {
        var capacity =
            Free(tree, match.Offer.CapacityAccountId)
            + (InReview?.OfferId == match.Offer.Id ? InReview.GpuSeconds : 0)
            + (SetAside?.OfferId == match.Offer.Id ? SetAside.Time.Seconds : 0);
        if (match.Offer.IsDated && !IsUndated)
            capacity = Math.Min(capacity, InTime(tree, match.Offer, wanted).Seconds);
        else if (tree.BecameDated(match.Offer) && !IsUndated)
            capacity = 0;
        var budget =
            Free(tree, AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, budgetProgrammeId))
            + (InReview?.BudgetProgrammeId == budgetProgrammeId ? InReview.Credits ?? 0 : 0)
            + (SetAside?.BudgetProgrammeId == budgetProgrammeId ? SetAside.Credits.Units : 0);
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
        : InReview?.OfferId == offer.Id ? InReview.Id
        : SetAside?.OfferId == offer.Id ? SetAside.QuoteId
        : null;

    private static CopiedCounters Without(BatchState batch, TreeChanges tree, Request request)
    {
        var counters = new CopiedCounters(new BatchCounters(batch));
        var quotas = PinnedContext.RulesOf(batch, tree, request.PinnedBy);
        foreach (var fact in Facts.Release(request, tree.At))
            quotas.Apply(fact, counters);
        return counters;
    }

    private static long Free(TreeChanges tree, Guid accountId) => Math.Max(0, tree.FindAccount(accountId)?.Available ?? 0);
}
