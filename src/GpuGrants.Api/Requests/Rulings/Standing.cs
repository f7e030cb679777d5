using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>
/// What stands when an ask is decided: the counters, and what the ask holds already. A verdict takes the request's own hold as free, and
/// changes nothing to do so.
/// </summary>
/// <param name="Counters">The counters, without what the request itself holds.</param>
/// <param name="InReview">The request in review whose hold counts as free; null for an ask that holds nothing.</param>
/// <param name="IsCounted">Whether the asking was counted before: see <see cref="QuotaAsk"/>.</param>
public sealed record Standing(IQuotaCounters Counters, Request? InReview = null, bool IsCounted = false)
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
            + (InReview?.OfferId == match.Offer.Id ? InReview.GpuSeconds : 0)
            + (Reserved?.OfferId == match.Offer.Id ? Reserved.Time.Seconds : 0);
        if (match.Offer.IsDated && !IsUndated)
            capacity = Math.Min(capacity, InTime(tree, match.Offer, wanted).Seconds);
        else if (tree.BecameDated(match.Offer) && !IsUndated)
            capacity = 0;
        var budget =
            Free(tree, AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, budgetProgrammeId))
            + (InReview?.BudgetProgrammeId == budgetProgrammeId ? InReview.Credits ?? 0 : 0)
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
        : InReview?.OfferId == offer.Id ? InReview.Id
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
