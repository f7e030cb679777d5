using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>What is set aside for an ask, beside what is free: by a quote, by a code, or in the grant that it changes.</summary>
/// <param name="OfferId">The offer with the GPU time.</param>
/// <param name="Time">GPU time.</param>
/// <param name="BudgetProgrammeId">The programme with the budget; null where no credits are set aside.</param>
/// <param name="Credits">Its credits.</param>
public sealed record SetAside(Guid OfferId, GpuTime Time, Guid? BudgetProgrammeId, Credits Credits)
{
    /// <summary>What a quote pins: GPU time and a rate, and no credits.</summary>
    public static SetAside OfQuote(Quote quote) =>
        new(quote.OfferId, quote.Time(), null, Credits.Zero)
        {
            QuoteId = quote.Id,
            Rate = quote.PinnedRate(),
            RequestId = quote.RequestId,
            GrantId = quote.GrantId,
        };

    /// <summary>What a grant has left, for an ask to have it at other dates.</summary>
    public static SetAside OfGrant(Grant grant) =>
        new(grant.OfferId, grant.Outstanding(), grant.BudgetProgrammeId, grant.CostOf(grant.Outstanding()));

    /// <summary>The quote; null for a code and for a grant.</summary>
    public Guid? QuoteId { get; init; }

    /// <summary>The rate that the quote pins; null for the offer's present rate.</summary>
    public Rate? Rate { get; init; }

    /// <summary>The id that the request gets unless it is denied; null for a new one.</summary>
    public Guid? RequestId { get; init; }

    /// <summary>The id that the grant gets; null for a new one.</summary>
    public Guid? GrantId { get; init; }
}
