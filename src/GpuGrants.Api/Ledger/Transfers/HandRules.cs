using GpuGrants.Api.Ledger.Proposals;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>
/// What the ledger itself allows and a person still may not do by hand. A call that breaks one of these rules changes nothing, and no id
/// remembers it.
/// </summary>
internal sealed class HandRules(BatchState batch, TreeChanges tree, HandAccounts accounts, HandAuthority authority)
{
    /// <summary>
    /// How old an id may be at its first use, and how far its maker's clock may be ahead. Partitions of earlier months may be detached.
    /// </summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(7);
    private static readonly TimeSpan MaxAhead = TimeSpan.FromDays(1);

    /// <summary>Rules that hold for a repetition too.</summary>
    public Refusal? Check(TransferOrder order, int place)
    {
        var (debit, credit) = (accounts.Find(order.DebitAccountId), accounts.Find(order.CreditAccountId));
        var (heldDebit, heldCredit) = Named(order);
        if (!authority.Covers(tree, debit, credit) || !authority.Covers(tree, heldDebit, heldCredit))
            return Refusal.Forbidden(
                "Move credits from budgets of programmes that you administer, to budgets of the same tree or to breakage.",
                $"transfers[{place}]"
            );
        if (debit is { MovesByHand: false } || heldDebit is { MovesByHand: false })
            return NotByHand(place, order.DebitAccountId == default || order.Kind.EndsHold() ? "pendingId" : "debitAccountId");
        if (order.PendingId is { } pending && batch.Rows<TransferProposal>().Find(new RowKey(tree.RootProgrammeId, pending)) is not null)
            return Refusal.Conflict(
                "hold-of-proposal",
                "A transfer proposal holds these credits for a second person. Approve or reject it at /v1/transfer-proposals.",
                $"transfers[{place}].pendingId"
            );
        return credit is { MovesByHand: false } || heldCredit is { MovesByHand: false }
            ? NotByHand(place, order.Kind.EndsHold() ? "pendingId" : "creditAccountId")
            : null;
    }

    /// <summary>Rules for an id that is used for the first time.</summary>
    public Refusal? CheckNew(TransferOrder order, int place)
    {
        var made = MillisecondsOf(order.Id);
        if (made < (tree.At - MaxAge).ToUnixTimeMilliseconds() || made > (tree.At + MaxAhead).ToUnixTimeMilliseconds())
            return Refusal.Invalid(
                $"transfers[{place}].id",
                $"Make the id now: a new transfer's UUIDv7 is at most {MaxAge.Days} days old and at most {MaxAhead.Days} day ahead."
            );
        return order.Kind == TransferKind.Void
            ? null
            : accounts.CheckGainer(batch, order.CreditAccountId, $"transfers[{place}].creditAccountId");
    }

    /// <summary>The stated accounts may differ from the real ones. The check uses the real ones, so nobody gets around the rules.</summary>
    private (AccountName? Debit, AccountName? Credit) Named(TransferOrder order)
    {
        if (order.PendingId is not { } pending || !tree.State.Book.TryGetHold(pending, out var hold))
            return (accounts.Find(order.DebitAccountId), accounts.Find(order.CreditAccountId));
        return (accounts.Find(hold.DebitAccountId), accounts.Find(hold.CreditAccountId));
    }

    private static Refusal NotByHand(int place, string field) =>
        Refusal.Conflict(
            "account-not-by-hand",
            "Only issuance, budget, breakage and earned accounts move by hand. Grants and GPU time move with decisions, "
                + "usage and the ends of grants.",
            $"transfers[{place}].{field}"
        );

    /// <summary>A UUIDv7 begins with 48 bits of milliseconds since 1970.</summary>
    private static long MillisecondsOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return (long)(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
    }
}
