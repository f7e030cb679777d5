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
/// <param name="Held">The request in review whose hold counts as free; null for an ask that holds nothing.</param>
/// <param name="IsCounted">Whether the asking was counted before: see <see cref="QuotaAsk"/>.</param>
public sealed record Standing(IQuotaCounters Counters, Request? Held = null, bool IsCounted = false)
{
    /// <summary>A new ask.</summary>
    public static Standing New(BatchState batch) => new(new BatchCounters(batch));

    /// <summary>The smaller amount that the answer to an ask offered.</summary>
    public static Standing CounterOffer(BatchState batch) => new(new BatchCounters(batch), IsCounted: true);

    /// <summary>The offer with what is free for this ask.</summary>
    internal Supply SupplyOf(TreeChanges tree, OfferMatching.Match match, Guid budgetProgrammeId)
    {
        var capacity = Free(tree, match.Offer.CapacityAccountId) + (Held?.OfferId == match.Offer.Id ? Held.GpuSeconds : 0);
        var budget =
            Free(tree, AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, budgetProgrammeId))
            + (Held?.BudgetProgrammeId == budgetProgrammeId ? Held.Credits ?? 0 : 0);
        return new Supply(match.Offer, match.Rate, GpuTime.FromSeconds(capacity), Credits.FromUnits(budget));
    }

    private static long Free(TreeChanges tree, Guid accountId) => Math.Max(0, tree.FindAccount(accountId)?.Available ?? 0);
}
