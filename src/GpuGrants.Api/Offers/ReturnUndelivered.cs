using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Units;

namespace GpuGrants.Api.Offers;

/// <summary>Gives back to the provider's supply what passed of an offer's tranches and was delivered to nobody.</summary>
internal sealed class ReturnUndelivered : Command<GpuTime>
{
    /// <summary>
    /// Offers whose capacity account may hold more than their tranches still bring: an hour of a day before has passed, something is left,
    /// and nobody looked today. Hours of a grant that ended today go back tomorrow.
    /// </summary>
    public const string Sql = """
        select o.root_programme_id, o.id from offers o
        join accounts a on a.root_programme_id = o.root_programme_id and a.id = o.capacity_account_id
        where o.tranches > 0 and a.credits_posted > a.debits_posted + a.debits_pending and (
            o.passed_until is null or o.passed_until < date_trunc('day', $1, 'UTC')) and exists (
            select from offer_tranches t
            where t.root_programme_id = o.root_programme_id and t.offer_id = o.id and t.starts_at < date_trunc('day', $1, 'UTC'))
        order by o.passed_until nulls first, o.id limit $2
        """;

    public required Guid OfferId { get; init; }

    public override void Plan(BatchState batch)
    {
        if (!batch.Rows<OfferRow>().TryRead(new RowKey(Tree.Value, OfferId), out var row) || row is null)
            return;
        OfferCapacity.Plan(batch, row);
        OfferTranches.Plan(batch, row);
        batch.Tree(Tree).WantPromises(OfferId);
    }

    public override Outcome<GpuTime> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (batch.Rows<OfferRow>().Find(new RowKey(Tree.Value, OfferId)) is not { Tranches: > 0 } row)
            return Refusal.NotFound;
        LapsedQuotes.Close(batch, tree);
        var available = GpuTime.FromSeconds(Math.Max(0, tree.FindAccount(row.CapacityAccountId)?.Available ?? 0));
        var passed = tree.PlanOf(row.Id, OfferTranches.InForce(batch, row)).Undelivered(available);
        if (!passed.IsZero && OfferCapacity.Move(batch, row, -passed.Seconds, Actor, isNew: false, TransferReasons.Undelivered) is { } no)
            return no;
        row.PassedSeconds += passed.Seconds;
        row.PassedUntil = new DateTimeOffset(tree.At.UtcDateTime.Date, TimeSpan.Zero);
        batch.Rows<OfferRow>().Update(row);
        if (passed.IsZero)
            return passed;
        // A programme that is fair among providers looks at their capacity.
        tree.MarkConfigChanged();
        batch.RecordEvent(Tree, Actor, OfferEvents.CapacityPassed, new OfferData(row.Id, row.Status, row.Version));
        return passed;
    }
}
