using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.Quotes;

/// <summary>
/// A request that names a quote: decided by the same rules as any other, with what the quote pinned. A denial leaves the quote open.
/// </summary>
internal sealed class UseQuote : Command<RequestDecided>
{
    public required Guid QuoteId { get; init; }

    /// <summary>The request. It is never submitted by itself: this command rules and records it.</summary>
    public required SubmitRequest Ask { get; init; }

    /// <summary>What a quote asks for.</summary>
    /// <param name="quote">The quote.</param>
    /// <param name="purpose">What the request says it is for.</param>
    /// <param name="tags">The request's tags.</param>
    public static RequestDraft DraftOf(Quote quote, string purpose, string[] tags) =>
        new()
        {
            OfferId = quote.OfferId,
            Time = quote.Time(),
            Gpus = quote.Gpus,
            IsReserved = quote.Mode == GrantMode.Reserved,
            GpuModels = quote.GpuModels,
            MinGpuMemoryGib = quote.MinGpuMemoryGib,
            Region = quote.Region,
            Purpose = purpose,
            Tags = tags,
            StartsAt = quote.StartsAt,
            EndsAt = quote.EndsAt,
            Duration = quote.EndsAt - quote.StartsAt,
        };

    public override void PlanAhead(BatchState batch)
    {
        Ask.PlanAhead(batch);
        batch.Rows<Quote>().Want(new RowKey(Tree.Value, QuoteId));
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        Ask.Plan(batch);
        LapsedQuotes.PlanEnd(batch, batch.Tree(Tree), QuoteId);
    }

    public override Outcome<RequestDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (batch.Rows<Quote>().Find(new RowKey(Tree.Value, QuoteId)) is not { } quote)
            return Refusal.NotFound;
        if (quote.Status == QuoteStatus.Used)
            return Refusal.Conflict("quote-used", "A request used the quote already. Get a new quote.", "quoteId") with
            {
                MessageKo = "이미 신청에 사용된 견적입니다. 새 견적을 받아 주십시오.",
            };
        if (quote.Status == QuoteStatus.Expired || tree.At >= quote.ExpiresAt)
            return Refusal.Conflict("quote-expired", "The quote has expired. Get a new quote.", "quoteId") with
            {
                MessageKo = "견적이 만료되었습니다. 새 견적을 받아 주십시오.",
            };
        if (!Ask.MakeRuling(batch, AskBasis.New(batch, SetAside.OfQuote(quote))).TryGet(out var ruling, out var refusal))
            return refusal;
        if (ruling.Verdict != QuotaVerdict.Deny)
            LapsedQuotes.End(batch, tree, quote, QuoteStatus.Used, Actor);
        return Ask.Record(batch, ruling);
    }
}
