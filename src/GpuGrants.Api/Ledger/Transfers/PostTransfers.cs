using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Ledger.Proposals;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Independence;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>
/// Transfers by hand, under ids that the client chose: each id, or each chain of linked ones, is recorded or refused once and answers the
/// same for good.
/// The call as a whole is refused, and changes nothing, when it breaks a rule for what is moved by hand or uses an id for something else.
/// </summary>
public sealed class PostTransfers : Command<TransferOutcomes>
{
    public required IReadOnlyList<HandTransfer> Transfers { get; init; }

    public required HandAuthority Authority { get; init; }

    /// <summary>What one person moves alone, in 1/3,600,000 credit.</summary>
    public required long AloneLimit { get; init; }

    /// <summary>How long after settlement usage may be disputed. What it earned is not payable before.</summary>
    public required TimeSpan DisputeWindow { get; init; }

    /// <summary>Who moves them.</summary>
    public required Decider Decider { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        Decider.Plan(batch);
        var accounts = new HandAccounts(tree);
        foreach (var order in Transfers.Select(one => one.Order))
        {
            EarlierTransfer.Plan(batch, Tree, order.Id);
            if (order.PendingId is { } pending)
            {
                batch.WantHold(Tree, pending);
                batch.Rows<TransferProposal>().Want(new RowKey(Tree.Value, pending));
            }

            if (order.CorrectsId is { } corrected)
                batch.WantTransfer(Tree, corrected);
        }

        foreach (var order in HandOrders.Fill(tree, Transfers))
        {
            PlanAccount(order.DebitAccountId);
            PlanAccount(order.CreditAccountId);
            if (accounts.Find(order.DebitAccountId) is { Kind: AccountKind.Earned } earned)
                batch.Table<PayableEarnings>().Want(Tree, earned.OwnerId, tree.At - DisputeWindow);
            if (order.PendingId is { } pending && tree.State.Book.TryGetHold(pending, out var hold))
                PlanHold(hold);
        }

        void PlanHold(Hold hold)
        {
            PlanAccount(hold.DebitAccountId);
            PlanAccount(hold.CreditAccountId);
        }

        void PlanAccount(Guid id)
        {
            if (id == Guid.Empty)
                return;
            tree.WantAccount(id);
            if (accounts.Find(id) is { Kind: AccountKind.Budget } budget)
                batch.Rows<Programme>().Want(new RowKey(budget.OwnerId));
        }
    }

    public override Outcome<TransferOutcomes> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var accounts = new HandAccounts(tree);
        var filled = HandOrders.Fill(tree, Transfers);
        var earlier = Transfers.Select(one => EarlierTransfer.Find(batch, Tree, one.Id)).ToList();
        var rules = new HandRules(batch, tree, accounts, Authority);
        for (var place = 0; place < filled.Count; place++)
            if (rules.Check(filled[place], place) is { } refused)
                return refused;
        if (FirstDifference(tree, earlier) is { } different)
            return different;
        for (var place = 0; place < filled.Count; place++)
            if (earlier[place] is null && rules.CheckNew(filled[place], place) is { } refused)
                return refused;
        if (CheckAmounts(earlier) is { } tooMuch)
            return tooMuch;
        if (CheckPayable(batch, tree, accounts, filled, earlier) is { } tooEarly)
            return tooEarly;
        if (Decider.Refuse(batch, tree.At, Gainers(tree, filled, earlier)) is { } own)
            return own;
        var results = new List<TransferOutcome>(filled.Count);
        foreach (var chain in HandTransfer.Chains(Transfers))
        {
            var first = results.Count;
            if (earlier[first] is null)
                results.AddRange(Post(batch, tree, accounts, [.. filled.Skip(first).Take(chain.Count)], chain));
            else
                results.AddRange(earlier.Skip(first).Take(chain.Count).Select(one => one!.Outcome()));
        }

        if (earlier.Contains(null))
            Decider.Decided(batch, Tree, Transfers[0].Id);
        return new TransferOutcomes { Results = results };
    }

    /// <summary>Whom new transfers benefit; the end of a hold that returns benefits nobody.</summary>
    private static List<Party> Gainers(TreeChanges tree, IReadOnlyList<TransferOrder> filled, List<EarlierTransfer?> earlier) =>
        [
            .. filled
                .Where((order, place) => earlier[place] is null && order.Kind != TransferKind.Void)
                .SelectMany(order => TransferParties.Of(tree, order.DebitAccountId, order.CreditAccountId)),
        ];

    /// <summary>A used id keeps its order and its chain: a chain is sent again as a whole or not at all.</summary>
    private Refusal? FirstDifference(TreeChanges tree, List<EarlierTransfer?> earlier)
    {
        var place = 0;
        foreach (var chain in HandTransfer.Chains(Transfers))
        {
            Guid? chainId = chain.Count > 1 ? chain[0].Id : null;
            var isNew = earlier[place] is null;
            foreach (var one in chain)
            {
                var before = earlier[place];
                var field = before is null
                    ? isNew
                        ? null
                        : "linked"
                    : isNew
                        ? "linked"
                        : before.FirstDifference(one.Order, chainId, tree.State.Book);
                if (field is not null)
                    return Different(one, place, field);
                place++;
            }
        }

        return null;
    }

    /// <summary>A chain counts as one transfer: its sum must not exceed what one person may move alone.</summary>
    private Refusal? CheckAmounts(List<EarlierTransfer?> earlier)
    {
        var place = 0;
        foreach (var chain in HandTransfer.Chains(Transfers))
        {
            var sum = chain.Where(one => !one.Order.Kind.EndsHold()).Aggregate(Int128.Zero, (sum, one) => sum + one.Order.Amount);
            if (earlier[place] is null && sum > AloneLimit)
                return Refusal.Conflict(
                    "second-approval-needed",
                    $"Nobody moves more than {Wire.Credits(AloneLimit)} credits alone. Propose it at /v1/transfer-proposals, "
                        + "where another administrator approves it.",
                    $"transfers[{place}].amount"
                );
            place += chain.Count;
        }

        return null;
    }

    /// <summary>Providers are paid what they earned once nobody may dispute it any more.</summary>
    private Refusal? CheckPayable(
        BatchState batch,
        TreeChanges tree,
        HandAccounts accounts,
        IReadOnlyList<TransferOrder> filled,
        List<EarlierTransfer?> earlier
    )
    {
        var left = new Dictionary<Guid, Int128>();
        foreach (var (place, order) in filled.Index())
        {
            if (
                earlier[place] is not null
                || order.Kind.EndsHold()
                || accounts.Find(order.DebitAccountId) is not { Kind: AccountKind.Earned } earned
            )
                continue;
            // What is not there at all is refused by the ledger, and the refusal is kept under the id.
            var available = tree.FindAccount(order.DebitAccountId)?.Available ?? 0;
            var notYet = batch.Table<PayableEarnings>().NotYetOf(tree, earned.OwnerId, order.DebitAccountId);
            var before = left.GetValueOrDefault(order.DebitAccountId, (Int128)available - notYet);
            left[order.DebitAccountId] = before - order.Amount;
            if (order.Amount > before && order.Amount <= available)
                return Refusal.Conflict(
                    "not-payable-yet",
                    $"{Wire.Credits(Math.Max(0, (long)before))} credits of the provider are payable now. The rest was earned by grants that "
                        + $"are not settled, or were settled within {DisputeWindow.TotalDays} days.",
                    $"transfers[{place}].amount"
                );
        }

        return null;
    }

    private static Refusal Different(HandTransfer one, int place, string field) =>
        new(RefusalKind.IdReused, "id-has-different-body", SameOrder.Different(one.Order, field).Next, $"transfers[{place}].{field}");

    private IEnumerable<TransferOutcome> Post(
        BatchState batch,
        TreeChanges tree,
        HandAccounts accounts,
        List<TransferOrder> orders,
        IReadOnlyList<HandTransfer> asSent
    )
    {
        foreach (var order in orders)
        {
            accounts.Ensure(order.DebitAccountId);
            accounts.Ensure(order.CreditAccountId);
        }

        orders = [.. orders.Select(order => order with { Context = ContextOf(accounts, order) })];
        var known = tree.Transfers.Count;
        if (tree.TryPost(orders, out var refusal))
        {
            var recorded = tree.Transfers.Skip(known).ToList();
            foreach (var transfer in recorded)
                RecordEvent(batch, transfer);
            return recorded.Select(transfer => TransferOutcome.Accepted(transfer, replayed: false));
        }

        var record = new RefusalRecord(
            TransferRefusal.Of(refusal),
            orders.Count > 1 ? orders[0].Id : null,
            Actor.PrincipalId,
            Actor.ClientId
        );
        foreach (var one in asSent)
            batch.Rows<RefusedTransferRow>().Insert(RefusedTransfers.ToRow(Tree.Value, one.Order, record, tree.At));
        tree.MarkChanged();
        return asSent.Select(one => TransferOutcome.Refused(one.Id, record.Refusal, replayed: false));
    }

    private TransferContext ContextOf(HandAccounts accounts, TransferOrder order)
    {
        var budget =
            accounts.Find(order.DebitAccountId) is { Kind: AccountKind.Budget } from ? from.OwnerId
            : accounts.Find(order.CreditAccountId) is { Kind: AccountKind.Budget } to ? to.OwnerId
            : (Guid?)null;
        return new TransferContext(ProgrammeId: budget, ActorId: Actor.PrincipalId, ClientId: Actor.ClientId, OnBehalfOf: Actor.OnBehalfOf);
    }

    private void RecordEvent(BatchState batch, Transfer transfer) =>
        batch.RecordEvent(
            Tree,
            Actor,
            LedgerEvents.Transferred,
            new TransferData(
                transfer.Id,
                transfer.Kind.Code(),
                transfer.DebitAccountId,
                transfer.CreditAccountId,
                Wire.Credits(transfer.Amount),
                transfer.PendingId,
                transfer.CorrectsId
            )
        );
}
