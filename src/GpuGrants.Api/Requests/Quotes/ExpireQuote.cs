using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.Quotes;

/// <summary>Lets a quote expire that nobody used.</summary>
internal sealed class ExpireQuote : Command<Quote>
{
    public required Guid QuoteId { get; init; }

    public override void Plan(BatchState batch)
    {
        batch.Rows<Quote>().Want(new RowKey(Tree.Value, QuoteId));
        LapsedQuotes.PlanEnd(batch, batch.Tree(Tree), QuoteId);
    }

    public override Outcome<Quote> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (batch.Rows<Quote>().Find(new RowKey(Tree.Value, QuoteId)) is not { } quote)
            return Refusal.NotFound;
        if (quote.Status != QuoteStatus.Open || tree.At < quote.ExpiresAt)
            return Refusal.Conflict("quote-used", "The quote is closed, or has not expired yet.");
        LapsedQuotes.End(batch, tree, quote, QuoteStatus.Expired, Actor);
        return quote;
    }
}
