using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Ledger.Movements;

/// <summary>A second person approves a movement, which posts it, or rejects it, which returns what was held.</summary>
public sealed class DecideMovement : Command<CreditMovement>
{
    public required Guid MovementId { get; init; }

    public required bool Approves { get; init; }

    public string? Comment { get; init; }

    public long? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch)
    {
        batch.WantHold(Tree, MovementId);
        if (!batch.Rows<CreditMovement>().TryRead(new RowKey(Tree.Value, MovementId), out var row) || row is null)
            return;
        MovementBook.PlanAccounts(batch, batch.Tree(Tree), row.DebitAccountId, row.CreditAccountId);
        if (row.CorrectsId is { } corrected)
            batch.WantTransfer(Tree, corrected);
    }

    public override Outcome<CreditMovement> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (batch.Rows<CreditMovement>().Find(new RowKey(Tree.Value, MovementId)) is not { } row)
            return Refusal.NotFound;
        if (row.ProposedBy == Actor.PrincipalId || row.ClientId == Actor.ClientId)
            return new Refusal(
                RefusalKind.Forbidden,
                "own-movement",
                "Nobody decides their own movement. Another administrator has to decide it, through another client."
            );
        if (ExpectedVersion is { } version && version != row.Version)
            return Refusal.Stale(row.Version);
        if (row.Status != MovementStatus.AwaitingApproval)
            return Refusal.Conflict(
                "movement-not-open",
                $"The movement is {row.Status}. Only a movement that awaits approval can be decided.",
                "status"
            );
        if (Approves && tree.At >= row.ExpiresAt)
            return Refusal.Conflict(
                "hold-expired",
                "Nobody approved it in time, so the credits are no longer held. Propose it again.",
                "expiresAt"
            );
        if (Approves && MovementBook.CheckGainer(batch, tree, row.CreditAccountId) is { } ended)
            return ended;
        if (Approves && row.CorrectsId is { } original && !tree.State.Book.TryGetTransfer(original, out _))
            return Refusal.Conflict(
                "corrected-not-found",
                "The transfer to correct was archived with its month. Reject the movement.",
                "correctsId"
            );
        var orders = Approves ? Approval(tree, row) : [Return(tree, row)];
        if (!tree.TryPost(orders, out var refusal))
            return Refusal.OfCredits(refusal);
        if (Approves)
            row.TransferId = orders[^1].Id;
        MovementBook.Decided(batch, row, Approves ? MovementStatus.Posted : MovementStatus.Rejected, Actor, Comment);
        return row;
    }

    private List<TransferOrder> Approval(TreeChanges tree, CreditMovement row)
    {
        var context = MovementBook.Context(row, Actor);
        if (row.CorrectsId is not { } corrected || !tree.State.Book.TryGetTransfer(corrected, out var original))
            return
            [
                TransferOrder.Post(Guid.CreateVersion7(tree.At), row.Id, 0, MovementBook.TransferReason(row.Kind), context, row.Reason),
            ];
        // A hold cannot say what it corrects: it returns, and the correction takes its place in the same chain.
        return
        [
            Return(tree, row),
            TransferOrder.Correction(Guid.CreateVersion7(tree.At), original, row.Amount, context: context, note: row.Reason),
        ];
    }

    private TransferOrder Return(TreeChanges tree, CreditMovement row) =>
        TransferOrder.Void(
            Guid.CreateVersion7(tree.At),
            row.Id,
            Approves ? MovementBook.TransferReason(row.Kind) : TransferReasons.Denied,
            MovementBook.Context(row, Actor),
            Comment ?? row.Reason
        );
}
