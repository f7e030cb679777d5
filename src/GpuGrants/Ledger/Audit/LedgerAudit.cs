namespace GpuGrants.Ledger.Audit;

/// <summary>
/// Recomputes one tree's ledger from its transfers alone and compares: numbers without gaps, counters after each transfer, floors, holds
/// with one end, corrections, the seal, and in the end what accounts and holds store. Memory grows with accounts, open holds and
/// corrections, not with transfers.
/// </summary>
/// <remarks>
/// Each finding names the one row that is at fault: what a missing or changed row makes look wrong in others is not held against those.
/// </remarks>
public sealed class LedgerAudit : IDisposable
{
    /// <summary>More findings than that are only counted.</summary>
    public const int MaxFindings = 1_000;

    private readonly Guid _root;
    private readonly long _lastSequence;
    private readonly SealAudit _seal;
    private readonly int _blocks;
    private readonly int _accountRows;
    private readonly Dictionary<Guid, AuditedAccount> _accounts = [];
    private readonly AuditedHolds _holds = new();
    private readonly AuditedCorrections _corrections = new();
    private readonly List<Transfer> _sameNumber = [];
    private readonly List<Finding> _findings = [];
    private long _found;
    private long _transfers;
    private long _sequence;
    private long _gaps;
    private long _explained;
    private (DateTimeOffset At, bool? IsSealed) _before = (DateTimeOffset.MinValue, null);

    /// <param name="lastSequence">The number of the last transfer by the tree's own row.</param>
    /// <param name="accounts">All accounts of the tree.</param>
    /// <param name="blocks">Its sealed blocks, in order.</param>
    public LedgerAudit(Guid rootProgrammeId, long lastSequence, IReadOnlyCollection<Account> accounts, IReadOnlyList<LedgerBlock> blocks)
    {
        _root = rootProgrammeId;
        _lastSequence = lastSequence;
        (_blocks, _accountRows) = (blocks.Count, accounts.Count);
        _seal = new SealAudit(rootProgrammeId, blocks, Found);
        foreach (var account in accounts)
            if (!_accounts.TryAdd(account.Id, new AuditedAccount(account)))
                Found(new Finding(FindingCodes.AccountWrong, $"Account {account.Id} exists twice.", _root, AccountId: account.Id));
    }

    /// <summary>Takes the next transfer, in order of its number.</summary>
    public void Take(Transfer transfer)
    {
        _transfers++;
        if (_sameNumber.Count > 0 && _sameNumber[0].Sequence != transfer.Sequence)
            Settle();
        _sameNumber.Add(transfer);
    }

    /// <summary>Takes a row that is there and cannot be read as a transfer.</summary>
    public void TakeUnreadable(long sequence, Guid id, string why)
    {
        Settle();
        _transfers++;
        Found(new Finding(FindingCodes.TransferChanged, $"Transfer {id} cannot be read: {why}", _root, sequence, id));
        Reach(sequence);
        _gaps++;
    }

    /// <summary>All transfers were taken: says which ones corrections name, because the audit asks for those in the end.</summary>
    public IReadOnlyCollection<Guid> EndTransfers()
    {
        Settle();
        return _corrections.CorrectedIds;
    }

    /// <summary>Compares with what is stored beside the transfers.</summary>
    /// <param name="openHolds">All open holds of the tree.</param>
    /// <param name="originals">The transfers that <see cref="EndTransfers"/> named.</param>
    public AuditReport Finish(IReadOnlyCollection<Hold> openHolds, IReadOnlyCollection<Transfer> originals)
    {
        Settle();
        Reach(Math.Max(_lastSequence, _seal.LastSequence) + 1);
        if (_seal.LastSequence > _lastSequence)
            Found(
                new Finding(
                    FindingCodes.SequenceWrong,
                    $"The tree counts {_lastSequence} transfers; {_seal.LastSequence} were sealed.",
                    _root,
                    _lastSequence
                )
            );
        _seal.Finish();
        CompareAccounts();
        foreach (var (id, sequence, message) in _holds.Compare(openHolds, IsExplained))
            Found(new Finding(FindingCodes.HoldWrong, $"Hold {id}: {message}", _root, sequence, id));
        foreach (var (correction, message) in _corrections.Check(originals, IsExplained))
            Found(FindingCodes.CorrectionWrong, message, correction);
        CheckSums();
        return new AuditReport(_root, _transfers, _accountRows, openHolds.Count, _blocks, _seal.Sealed, _findings, _found);
    }

    /// <inheritdoc/>
    public void Dispose() => _seal.Dispose();

    /// <summary>
    /// Of several rows with one number the sealed one is genuine, or else the one whose accounts had come that far; the others were
    /// inserted.
    /// </summary>
    private void Settle()
    {
        if (_sameNumber.Count == 0)
            return;
        var genuine =
            _sameNumber.Count == 1
                ? _sameNumber[0]
                : _sameNumber.Find(one => _seal.Fits(one) == true) ?? _sameNumber.Find(Follows) ?? _sameNumber[0];
        foreach (var other in _sameNumber)
            if (!ReferenceEquals(other, genuine))
                Found(FindingCodes.TransferInserted, $"It was inserted under the number {other.Sequence} of transfer {genuine.Id}.", other);
        _sameNumber.Clear();
        Apply(genuine);
    }

    private void Apply(Transfer transfer)
    {
        if (transfer.Sequence <= _sequence)
        {
            Found(FindingCodes.TransferInserted, $"Its number {transfer.Sequence} is not where it belongs.", transfer);
            return;
        }

        if (transfer.Sequence > _lastSequence && transfer.Sequence > _seal.LastSequence)
        {
            Found(
                FindingCodes.TransferInserted,
                $"Its number {transfer.Sequence} lies beyond the {_lastSequence} transfers that the tree counts.",
                transfer
            );
            return;
        }

        Reach(transfer.Sequence);
        var isSealed = _seal.Take(transfer);
        var found = _found;
        CheckTime(transfer, isSealed);
        if (transfer.Amount <= 0)
            Found(FindingCodes.TransferChanged, "The transfer does not move a positive amount.", transfer);
        if (!TransferReasons.IsValid(transfer.Reason))
            Found(FindingCodes.TransferChanged, "The transfer's reason is not a lower-case word.", transfer);
        var held = Held(transfer);
        Check(transfer, transfer.DebitAccountId, isDebit: true, held);
        Check(transfer, transfer.CreditAccountId, isDebit: false, held);
        _corrections.Take(transfer);
        if (isSealed == false || _found > found)
            _gaps++;
    }

    /// <summary>Of two rows in the wrong order of time, the one that is not what was sealed is at fault.</summary>
    private void CheckTime(Transfer transfer, bool? isSealed)
    {
        if (transfer.CreatedAt < _before.At && !(isSealed == true && _before.IsSealed == false))
            Found(FindingCodes.TimeRanBackwards, "It is older than the transfer before it.", transfer);
        _before = (transfer.CreatedAt, isSealed);
    }

    /// <summary>Comes to a number, and names what is missing before it.</summary>
    private void Reach(long sequence)
    {
        var missing = sequence - _sequence - 1;
        if (missing > 0)
        {
            var names =
                missing == 1 ? $"Transfer {_sequence + 1} is missing." : $"Transfers {_sequence + 1} to {sequence - 1} are missing.";
            Found(new Finding(FindingCodes.TransferMissing, names, _root, _sequence + 1));
            _gaps += missing;
        }

        _sequence = Math.Max(_sequence, sequence);
    }

    private AuditedAccount Of(Guid id)
    {
        if (!_accounts.TryGetValue(id, out var account))
            _accounts[id] = account = new AuditedAccount(null);
        return account;
    }

    private bool Follows(Transfer transfer) =>
        _accounts.TryGetValue(transfer.DebitAccountId, out var debit)
        && debit.IsNext(transfer.DebitAfter)
        && _accounts.TryGetValue(transfer.CreditAccountId, out var credit)
        && credit.IsNext(transfer.CreditAfter);

    /// <summary>The whole amount of the hold that the transfer ends; 0 for one that ends none.</summary>
    private Int128 Held(Transfer transfer)
    {
        if (transfer.Kind == TransferKind.Pending)
            _holds.Take(transfer);
        if (!transfer.Kind.EndsHold())
            return 0;
        if (_holds.End(transfer) is { } hold)
        {
            if (!AuditedHolds.Fits(transfer, hold))
                Found(FindingCodes.HoldWrong, $"It does not fit the hold {hold.Id} that it ends.", transfer);
            return hold.Amount;
        }

        // The hold may be what is missing or wrong: then the counters say how much was held.
        if (IsExplained())
            return Of(transfer.DebitAccountId).Stored.DebitsPending - transfer.DebitAfter.DebitsPending;
        Found(FindingCodes.HoldWrong, "It ends a hold that is not open: never made, or ended before.", transfer);
        return transfer.Amount;
    }

    private void Check(Transfer transfer, Guid accountId, bool isDebit, Int128 held)
    {
        var account = Of(accountId);
        if (!account.Take(transfer, isDebit, held, _gaps))
            Found(
                new Finding(
                    FindingCodes.CountersWrong,
                    $"Transfer {transfer.Id}: account {accountId} should stand after it at {account.Derived}, not at {account.Stored}.",
                    _root,
                    transfer.Sequence,
                    transfer.Id,
                    accountId
                )
            );
        if (account.Unit != transfer.Unit && (account.IsItself || account.Row is null))
            Found(
                new Finding(
                    FindingCodes.UnitWrong,
                    $"Transfer {transfer.Id}: account {accountId} counts {account.Unit}, the transfer {transfer.Unit}.",
                    _root,
                    transfer.Sequence,
                    transfer.Id,
                    accountId
                )
            );
    }

    /// <summary>Each missing or wrong transfer explains one hold or original that is not as it should be.</summary>
    private bool IsExplained()
    {
        if (_explained >= _gaps)
            return false;
        _explained++;
        return true;
    }

    private void CompareAccounts()
    {
        foreach (var (id, account) in _accounts)
        {
            if (account.Row is not { } row)
            {
                Found(new Finding(FindingCodes.AccountMissing, $"Account {id} has transfers and no row.", _root, AccountId: id));
                continue;
            }

            if (!account.IsItself)
                Found(
                    new Finding(
                        FindingCodes.AccountWrong,
                        $"Account {id} is not that of its kind {row.Kind.Code()}, unit {row.Unit} and owner {row.OwnerId}.",
                        _root,
                        AccountId: id
                    )
                );
            if (!account.IsRowRight(_gaps))
                Found(
                    new Finding(
                        FindingCodes.AccountWrong,
                        $"Account {id} stores {WideCounters.Of(row.Counters)}; its transfers make {account.Derived}.",
                        _root,
                        AccountId: id
                    )
                );
            if (row.IsFloored && account.Lowest.Available < 0)
                Found(new Finding(FindingCodes.FloorBroken, $"Account {id} was overdrawn.", _root, account.Lowest.Sequence, AccountId: id));
        }
    }

    private void CheckSums()
    {
        foreach (var unit in _accounts.Values.GroupBy(account => account.Unit))
        {
            var sum = unit.Aggregate(Int128.Zero, (total, account) => total + account.Final(_gaps).Balance);
            if (sum != 0)
                Found(new Finding(FindingCodes.SumNotZero, $"All balances of {unit.Key} together are {sum}, not 0.", _root));
        }
    }

    private void Found(string code, string message, Transfer transfer) =>
        Found(new Finding(code, $"Transfer {transfer.Id}: {message}", _root, transfer.Sequence, transfer.Id));

    private void Found(Finding finding)
    {
        _found++;
        if (_findings.Count < MaxFindings)
            _findings.Add(finding);
    }
}
