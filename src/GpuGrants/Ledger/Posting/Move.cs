namespace GpuGrants.Ledger.Posting;

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
