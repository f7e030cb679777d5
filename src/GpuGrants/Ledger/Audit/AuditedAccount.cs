namespace GpuGrants.Ledger.Audit;

/// <summary>
/// What an audit knows of an account. A transfer's counters are held against those that the transfer before it stored and against those
/// that it should have
/// stored: a wrong figure then speaks against the one row that it stands in, and not against all later ones.
/// </summary>
/// <param name="row">The account's own row; null when there is none.</param>
internal sealed class AuditedAccount(Account? row)
{
    private WideCounters _trusted;
    private WideCounters _stored;
    private WideCounters _derived;
    private long _gapsBefore;
    private bool _hasTransfers;

    /// <summary>The account's own row; null when there is none.</summary>
    public Account? Row { get; } = row;

    /// <summary>Whether the row is what its id says: the account of this kind, unit and owner.</summary>
    public bool IsItself { get; } = row is not null && AccountIds.Of(row.Kind, row.Unit, row.OwnerId) == row.Id;

    public LedgerUnit Unit { get; private set; } = row?.Unit ?? default;

    /// <summary>The least that was ever available, and after which transfer.</summary>
    public (Int128 Available, long Sequence) Lowest { get; private set; }

    /// <summary>Where it stands by the last transfer's own figures.</summary>
    public WideCounters Stored => _stored;

    /// <summary>Where the last transfer should have led it.</summary>
    public WideCounters Derived => _derived;

    /// <summary>Whether the counters that a transfer stored follow from what was before.</summary>
    /// <param name="transfer">The transfer.</param>
    /// <param name="isDebit">Whether it is the account that loses.</param>
    /// <param name="held">The hold that the transfer ends.</param>
    /// <param name="gaps">Transfers found missing or wrong so far: they may have touched the account meanwhile.</param>
    public bool Take(Transfer transfer, bool isDebit, Int128 held, long gaps)
    {
        var stored = WideCounters.Of(isDebit ? transfer.DebitAfter : transfer.CreditAfter);
        var derived = After(_derived);
        var right = stored == derived || stored == After(_stored) || stored == After(_trusted) || IsExplained(stored.Version - 1, gaps);
        if (!IsItself && !_hasTransfers)
            Unit = transfer.Unit;
        if (right)
            _trusted = stored;
        (_hasTransfers, _stored, _derived, _gapsBefore) = (true, stored, right ? stored : derived, gaps);
        if (stored.Available < Lowest.Available)
            Lowest = (stored.Available, transfer.Sequence);
        return right;

        WideCounters After(WideCounters before) =>
            isDebit ? before.Debit(transfer.Kind, transfer.Amount, held) : before.Credit(transfer.Kind, transfer.Amount, held);
    }

    /// <summary>Whether a transfer with these counters would be the account's next.</summary>
    public bool IsNext(Counters after) => after.Version == _stored.Version + 1;

    /// <summary>Whether the account's own row stands where its transfers leave it.</summary>
    public bool IsRowRight(long gaps)
    {
        var own = WideCounters.Of(Row!.Counters);
        return own == _stored || own == _derived || own == _trusted || IsExplained(own.Version, gaps);
    }

    /// <summary>What goes into the sum of all accounts: its row's figures where they can be right.</summary>
    public WideCounters Final(long gaps) => Row is not null && IsRowRight(gaps) ? WideCounters.Of(Row.Counters) : _stored;

    private bool IsExplained(Int128 version, long gaps) => version > _stored.Version && version - _stored.Version <= gaps - _gapsBefore;
}
