using System.Diagnostics.CodeAnalysis;

namespace GpuGrants.Ledger.Posting;

/// <summary>
/// The accounts and holds of one tree that a batch works on, in memory, and the only code that changes their counters.
/// </summary>
/// <remarks>
/// The caller loads what a chain names (<see cref="Add(Account)"/>, <see cref="Add(Hold)"/>, <see cref="Know"/>) under the tree's lock,
/// calls
/// <see cref="TryPost"/> for each chain in turn and writes what was recorded. A book may outlive its batch while the tree's
/// version stands still; after a failed commit it must be thrown away. Not safe for several threads.
/// </remarks>
public sealed class Book(Guid rootProgrammeId)
{
    /// <summary>The most transfers that one chain may have.</summary>
    public const int MaxChainLength = 1_000;

    private readonly Dictionary<Guid, Account> _accounts = [];
    private readonly Dictionary<Guid, Hold> _holds = [];
    private readonly Dictionary<Guid, KnownTransfer> _transfers = [];
    private readonly List<UndoStep> _undo = [];

    /// <summary>The tree whose accounts it holds.</summary>
    public Guid RootProgrammeId { get; } = rootProgrammeId;

    /// <summary>Adds an account, loaded or new. An account that the book has already is kept: it may be ahead of the database.</summary>
    /// <exception cref="ArgumentException">The account is of another tree.</exception>
    public void Add(Account account)
    {
        if (account.RootProgrammeId != RootProgrammeId)
            throw new ArgumentException("The account is of another tree.", nameof(account));
        _accounts.TryAdd(account.Id, account);
    }

    /// <summary>Adds a loaded hold, open or ended. A hold that the book has already is kept.</summary>
    public void Add(Hold hold) => _holds.TryAdd(hold.Id, hold);

    /// <summary>Tells of an earlier transfer, so that it can be corrected and its id is not used twice.</summary>
    /// <param name="transfer">As recorded.</param>
    /// <param name="corrected">The sum of the corrections that name it so far, in its unit.</param>
    public void Know(Transfer transfer, long corrected = 0) => _transfers.TryAdd(transfer.Id, new KnownTransfer(transfer, corrected));

    /// <summary>Finds an account by id.</summary>
    public bool TryGetAccount(Guid id, [MaybeNullWhen(false)] out Account account) => _accounts.TryGetValue(id, out account);

    /// <summary>Finds a hold by the id of the transfer that made it.</summary>
    public bool TryGetHold(Guid id, [MaybeNullWhen(false)] out Hold hold) => _holds.TryGetValue(id, out hold);

    /// <summary>Finds a transfer of this book by id.</summary>
    public bool TryGetTransfer(Guid id, [MaybeNullWhen(false)] out Transfer transfer)
    {
        transfer = _transfers.TryGetValue(id, out var known) ? known.Transfer : null;
        return transfer is not null;
    }

    /// <summary>Forgets transfers and ended holds, which a next batch rarely needs, so that a long-lived book stays small.</summary>
    public void ForgetHistory()
    {
        _transfers.Clear();
        foreach (var (id, hold) in _holds)
        {
            if (!hold.IsOpen)
                _holds.Remove(id);
        }
    }

    /// <summary>Records a chain as a whole or, when any of it is refused, nothing of it.</summary>
    /// <param name="chain">The orders, each seeing the effect of those before it.</param>
    /// <param name="nextSequence">The number of the first transfer; the others follow without gaps.</param>
    /// <param name="at">The batch's business time.</param>
    /// <param name="recorded">The transfers to write; empty when refused.</param>
    /// <param name="refusal">Why not; null when recorded.</param>
    public bool TryPost(
        IReadOnlyList<TransferOrder> chain,
        long nextSequence,
        DateTimeOffset at,
        out IReadOnlyList<Transfer> recorded,
        [NotNullWhen(false)] out LedgerRefusal? refusal
    )
    {
        recorded = [];
        refusal = CheckLength(chain);
        if (refusal is not null)
            return false;
        var written = new Transfer[chain.Count];
        Guid? chainId = chain.Count > 1 ? chain[0].Id : null;
        at = LedgerTime.Truncate(at);
        _undo.Clear();
        for (var index = 0; index < chain.Count; index++)
        {
            var order = chain[index];
            refusal = Check(order, index, at, out var checkedOrder);
            if (refusal is not null)
            {
                UndoAll();
                return false;
            }

            written[index] = Apply(order, checkedOrder, nextSequence + index, chainId, at);
        }

        recorded = written;
        return true;
    }

    private static LedgerRefusal? CheckLength(IReadOnlyList<TransferOrder> chain) =>
        chain.Count switch
        {
            0 => new LedgerRefusal(RefusalCodes.EmptyChain, "transfers", 0, Guid.Empty, "Name at least one transfer."),
            > MaxChainLength => new LedgerRefusal(
                RefusalCodes.ChainTooLong,
                "transfers",
                MaxChainLength,
                chain[MaxChainLength].Id,
                "Split the chain where its parts may stand alone.",
                Limit: MaxChainLength
            ),
            _ => null,
        };

    private LedgerRefusal? Check(TransferOrder order, int index, DateTimeOffset at, out CheckedOrder result)
    {
        result = default;
        var refusal = OrderShape.Check(order, index, at);
        if (refusal is not null)
            return refusal;
        if (_transfers.ContainsKey(order.Id) || _holds.ContainsKey(order.Id))
        {
            return new LedgerRefusal(
                RefusalCodes.IdAlreadyUsed,
                "id",
                index,
                order.Id,
                "Use a new id, or read the transfer that has this one.",
                RelatedId: order.Id
            );
        }

        return order.Kind.EndsHold() ? CheckEnd(order, index, at, ref result) : CheckMove(order, index, ref result);
    }

    private LedgerRefusal? CheckEnd(TransferOrder order, int index, DateTimeOffset at, ref CheckedOrder result)
    {
        if (!_holds.TryGetValue(order.PendingId!.Value, out var hold))
        {
            return new LedgerRefusal(
                RefusalCodes.HoldNotFound,
                "pendingId",
                index,
                order.Id,
                "Name a pending transfer of this tree.",
                RelatedId: order.PendingId
            );
        }

        var refusal = HoldEnd.Check(order, hold, index, at);
        if (refusal is not null)
            return refusal;
        if (!_accounts.TryGetValue(hold.DebitAccountId, out var debit))
            return AccountNotFound(order, "debitAccountId", hold.DebitAccountId, index);
        if (!_accounts.TryGetValue(hold.CreditAccountId, out var credit))
            return AccountNotFound(order, "creditAccountId", hold.CreditAccountId, index);
        var amount = order.Amount == 0 ? hold.Amount : order.Amount;
        result = new CheckedOrder(debit, credit, amount, hold, null);
        return null;
    }

    private LedgerRefusal? CheckMove(TransferOrder order, int index, ref CheckedOrder result)
    {
        KnownTransfer? corrected = null;
        if (order.CorrectsId is { } correctsId)
        {
            // Checked first, because its refusal says more than one about accounts or balance.
            if (!_transfers.TryGetValue(correctsId, out corrected))
            {
                return new LedgerRefusal(
                    RefusalCodes.CorrectedNotFound,
                    "correctsId",
                    index,
                    order.Id,
                    "Name a transfer of this tree.",
                    RelatedId: correctsId
                );
            }

            if (CorrectionCheck.Check(order, corrected, index) is { } wrong)
                return wrong;
        }

        if (!_accounts.TryGetValue(order.DebitAccountId, out var debit))
            return AccountNotFound(order, "debitAccountId", order.DebitAccountId, index);
        if (!_accounts.TryGetValue(order.CreditAccountId, out var credit))
            return AccountNotFound(order, "creditAccountId", order.CreditAccountId, index);
        if (Move.Check(order, debit, credit, index) is { } refused)
            return refused;
        result = new CheckedOrder(debit, credit, order.Amount, null, corrected);
        return null;
    }

    private static LedgerRefusal AccountNotFound(TransferOrder order, string field, Guid accountId, int index) =>
        new(RefusalCodes.AccountNotFound, field, index, order.Id, "Name an account of this tree.", AccountId: accountId);

    private Transfer Apply(TransferOrder order, in CheckedOrder what, long sequence, Guid? chainId, DateTimeOffset at)
    {
        _undo.Add(new UndoStep(order.Id, what, what.Debit.Counters, what.Credit.Counters));
        var held = what.Hold?.Amount ?? 0;
        what.Debit.Counters = TransferEffect.Debit(what.Debit.Counters, order.Kind, what.Amount, held);
        what.Credit.Counters = TransferEffect.Credit(what.Credit.Counters, order.Kind, what.Amount, held);
        if (what.Hold is { } hold)
        {
            hold.EndedBy = order.Id;
            hold.EndedAt = at;
        }

        if (what.Corrected is { } corrected)
            corrected.Corrected += what.Amount;
        var transfer = new Transfer(
            RootProgrammeId,
            order.Id,
            sequence,
            order.Kind,
            what.Debit.Id,
            what.Credit.Id,
            what.Debit.Unit,
            what.Amount,
            order.PendingId,
            LedgerTime.Truncate(order.ExpiresAt),
            chainId,
            order.CorrectsId,
            order.Reason,
            order.Note,
            order.Context,
            at,
            what.Debit.Counters,
            what.Credit.Counters
        );
        _transfers.Add(transfer.Id, new KnownTransfer(transfer, 0));
        if (order.Kind == TransferKind.Pending)
        {
            _holds.Add(
                order.Id,
                new Hold(
                    order.Id,
                    what.Debit.Id,
                    what.Credit.Id,
                    what.Debit.Unit,
                    what.Amount,
                    transfer.ExpiresAt!.Value,
                    order.Context.RequestId
                )
            );
        }

        return transfer;
    }

    private void UndoAll()
    {
        for (var index = _undo.Count - 1; index >= 0; index--)
        {
            var step = _undo[index];
            step.What.Debit.Counters = step.DebitBefore;
            step.What.Credit.Counters = step.CreditBefore;
            if (step.What.Hold is { } hold)
            {
                hold.EndedBy = null;
                hold.EndedAt = null;
            }

            if (step.What.Corrected is { } corrected)
                corrected.Corrected -= step.What.Amount;
            _transfers.Remove(step.TransferId);
            _holds.Remove(step.TransferId);
        }

        _undo.Clear();
    }

    private readonly record struct UndoStep(Guid TransferId, CheckedOrder What, Counters DebitBefore, Counters CreditBefore);
}

/// <summary>A transfer that a book knows of, and how much of it was corrected so far.</summary>
internal sealed class KnownTransfer(Transfer transfer, long corrected)
{
    public Transfer Transfer { get; } = transfer;

    public long Corrected { get; set; } = corrected;
}

/// <summary>The checks of a posted or pending transfer against its two accounts: units, counters, floor.</summary>
internal static class Move
{
    public static LedgerRefusal? Check(TransferOrder order, Account debit, Account credit, int index)
    {
        if (debit.Id == credit.Id)
        {
            return new LedgerRefusal(
                RefusalCodes.SameAccount,
                "creditAccountId",
                index,
                order.Id,
                "Name two different accounts.",
                AccountId: debit.Id
            );
        }

        if (debit.Unit != credit.Unit)
        {
            return new LedgerRefusal(
                RefusalCodes.UnitMismatch,
                "creditAccountId",
                index,
                order.Id,
                $"Name two accounts of one unit: {debit.Unit} is not {credit.Unit}.",
                AccountId: credit.Id
            );
        }

        if (order.Unit is { } unit && unit != debit.Unit)
        {
            return new LedgerRefusal(
                RefusalCodes.UnitMismatch,
                "unit",
                index,
                order.Id,
                $"The accounts count {debit.Unit}, not {unit}.",
                AccountId: debit.Id
            );
        }

        return CheckFloor(order, debit, index)
            ?? CheckRoom(order, debit, debit.Counters.DebitsPending + debit.Counters.DebitsPosted, index)
            ?? CheckRoom(order, credit, credit.Counters.CreditsPending + credit.Counters.CreditsPosted, index);
    }

    private static LedgerRefusal? CheckFloor(TransferOrder order, Account debit, int index) =>
        !debit.IsFloored || order.Amount <= debit.Available
            ? null
            : new LedgerRefusal(
                RefusalCodes.InsufficientBalance,
                "amount",
                index,
                order.Id,
                "Ask for at most what is available, or wait until holds on the account end.",
                Limit: debit.Available,
                Available: debit.Available,
                AccountId: debit.Id
            );

    // Pending and posted together stay within a long on either side, so no later post and no balance can overflow.
    private static LedgerRefusal? CheckRoom(TransferOrder order, Account account, long used, int index) =>
        order.Amount <= long.MaxValue - used
            ? null
            : new LedgerRefusal(
                RefusalCodes.CounterOverflow,
                "amount",
                index,
                order.Id,
                "Move a smaller amount; the account's counters are nearly full.",
                Limit: long.MaxValue - used,
                AccountId: account.Id
            );
}
