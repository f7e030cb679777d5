namespace GpuGrants.Ledger;

/// <summary>
/// Recomputes one tree's ledger from its transfers alone and compares: numbers without gaps, counters after each transfer, floors, holds with one end,
/// corrections, the seal, and in the end what accounts and holds store. Memory grows with accounts and open holds, not with transfers.
/// </summary>
public sealed class LedgerAudit : IDisposable
{
    /// <summary>More findings than that are only counted.</summary>
    public const int MaxFindings = 1_000;

    private readonly Guid _root;
    private readonly SealAudit _seal;
    private readonly long _blocks;
    private readonly Dictionary<Guid, AuditedAccount> _accounts = [];
    private readonly Dictionary<Guid, Transfer> _openHolds = [];
    private readonly Dictionary<Guid, (Guid Debit, Guid Credit, LedgerUnit Unit, long Amount, long Sequence)> _corrections = [];
    private readonly List<Finding> _findings = [];
    private long _transfers;
    private long _sequence;
    private DateTimeOffset _at = DateTimeOffset.MinValue;

    /// <param name="rootProgrammeId">The tree.</param>
    /// <param name="blocks">Its sealed blocks, in order.</param>
    public LedgerAudit(Guid rootProgrammeId, IReadOnlyList<LedgerBlock> blocks)
    {
        _root = rootProgrammeId;
        _blocks = blocks.Count;
        _seal = new SealAudit(rootProgrammeId, blocks, Found);
    }

    private sealed class AuditedAccount(LedgerUnit unit)
    {
        public LedgerUnit Unit { get; } = unit;

        public Counters Counters { get; set; }

        public long LowestAvailable { get; set; }

        public long LowestAt { get; set; }
    }

    /// <summary>Originals that corrections name: the audit asks for them at the end.</summary>
    public IReadOnlyCollection<Guid> CorrectedIds => _corrections.Keys;

    /// <summary>Takes the next transfer, in order of its number.</summary>
    public void Take(Transfer transfer)
    {
        _transfers++;
        CheckOrder(transfer);
        _seal.Take(transfer);
        if (transfer.Amount <= 0) Found(FindingCodes.TransferChanged, "A transfer moves more than nothing.", transfer);
        var held = Held(transfer);
        Check(transfer, transfer.DebitAccountId, Movement.Debit(Of(transfer, transfer.DebitAccountId).Counters, transfer.Kind, transfer.Amount, held), transfer.DebitAfter);
        Check(transfer, transfer.CreditAccountId, Movement.Credit(Of(transfer, transfer.CreditAccountId).Counters, transfer.Kind, transfer.Amount, held), transfer.CreditAfter);
        if (transfer.CorrectsId is { } corrected) Correct(transfer, corrected);
    }

    /// <summary>Compares with what is stored beside the transfers.</summary>
    /// <param name="accounts">All accounts of the tree.</param>
    /// <param name="openHolds">All open holds of the tree.</param>
    /// <param name="lastSequence">The number of the last transfer by the tree's own row.</param>
    /// <param name="originals">The transfers of <see cref="CorrectedIds"/>.</param>
    public AuditReport Finish(IReadOnlyCollection<Account> accounts, IReadOnlyCollection<Hold> openHolds, long lastSequence, IReadOnlyCollection<Transfer> originals)
    {
        _seal.Finish();
        if (_sequence != lastSequence) Found(new Finding(FindingCodes.SequenceWrong, $"The tree counts {lastSequence} transfers; the last one there is {_sequence}.", _root, _sequence));
        CompareAccounts(accounts);
        CompareHolds(openHolds);
        CheckCorrections(originals);
        CheckSums();
        return new AuditReport(_root, _transfers, accounts.Count, openHolds.Count, _blocks, _seal.Sealed, _findings);
    }

    public void Dispose() => _seal.Dispose();

    private void CheckOrder(Transfer transfer)
    {
        if (transfer.Sequence > _sequence + 1) Found(new Finding(FindingCodes.TransferMissing, $"Transfers {_sequence + 1} to {transfer.Sequence - 1} are missing.", _root, _sequence + 1));
        if (transfer.Sequence <= _sequence) Found(FindingCodes.TransferInserted, $"Two transfers have the number {transfer.Sequence}.", transfer);
        if (transfer.CreatedAt < _at) Found(FindingCodes.TimeRanBackwards, "The transfer is older than the one before it.", transfer);
        _sequence = Math.Max(_sequence, transfer.Sequence);
        _at = transfer.CreatedAt > _at ? transfer.CreatedAt : _at;
    }

    private AuditedAccount Of(Transfer transfer, Guid id)
    {
        if (!_accounts.TryGetValue(id, out var account)) _accounts[id] = account = new AuditedAccount(transfer.Unit);
        if (account.Unit != transfer.Unit) Found(FindingCodes.UnitWrong, $"Account {id} counts {account.Unit}, the transfer {transfer.Unit}.", transfer);
        return account;
    }

    /// <summary>The whole amount of the hold that the transfer ends; 0 for one that ends none.</summary>
    private long Held(Transfer transfer)
    {
        if (transfer.Kind == TransferKind.Pending) _openHolds[transfer.Id] = transfer;
        if (!transfer.Kind.EndsHold()) return 0;
        if (transfer.PendingId is not { } id || !_openHolds.Remove(id, out var hold))
        {
            Found(FindingCodes.HoldWrong, "It ends a hold that is not open: never made, or ended before.", transfer);
            return transfer.Amount;
        }

        if (hold.DebitAccountId != transfer.DebitAccountId || hold.CreditAccountId != transfer.CreditAccountId || transfer.Amount > hold.Amount || (transfer.Kind == TransferKind.Void && transfer.Amount != hold.Amount))
            Found(FindingCodes.HoldWrong, $"It does not fit the hold {hold.Id} that it ends.", transfer);
        return hold.Amount;
    }

    private void Check(Transfer transfer, Guid accountId, Counters expected, Counters stored)
    {
        var account = _accounts[accountId];
        if (expected != stored) Found(new Finding(FindingCodes.CountersWrong, $"Account {accountId} should stand at {expected} after it, not {stored}.", _root, transfer.Sequence, transfer.Id, accountId));
        account.Counters = expected;
        if (expected.Available >= account.LowestAvailable) return;
        account.LowestAvailable = expected.Available;
        account.LowestAt = transfer.Sequence;
    }

    private void Correct(Transfer transfer, Guid corrected)
    {
        var before = _corrections.TryGetValue(corrected, out var known) ? known.Amount : 0;
        _corrections[corrected] = (transfer.CreditAccountId, transfer.DebitAccountId, transfer.Unit, before + transfer.Amount, transfer.Sequence);
    }

    private void CheckCorrections(IReadOnlyCollection<Transfer> originals)
    {
        var byId = originals.ToDictionary(original => original.Id);
        foreach (var (id, sum) in _corrections)
        {
            if (!byId.TryGetValue(id, out var original) || original.DebitAccountId != sum.Debit || original.CreditAccountId != sum.Credit || original.Unit != sum.Unit || sum.Amount > original.Amount)
                Found(new Finding(FindingCodes.CorrectionWrong, $"Corrections of transfer {id} do not fit it.", _root, sum.Sequence, id));
        }
    }

    private void CompareAccounts(IReadOnlyCollection<Account> accounts)
    {
        foreach (var stored in accounts)
        {
            var audited = _accounts.GetValueOrDefault(stored.Id);
            if (stored.Counters != (audited?.Counters ?? default))
                Found(new Finding(FindingCodes.AccountWrong, $"Account {stored.Id} stores {stored.Counters}; its transfers make {audited?.Counters ?? default}.", _root, AccountId: stored.Id));
            if (audited is not null && stored.IsFloored && audited.LowestAvailable < 0)
                Found(new Finding(FindingCodes.FloorBroken, $"Account {stored.Id} was overdrawn.", _root, audited.LowestAt, AccountId: stored.Id));
        }

        foreach (var id in _accounts.Keys.Except(accounts.Select(account => account.Id)))
            Found(new Finding(FindingCodes.AccountMissing, $"Account {id} has transfers and no row.", _root, AccountId: id));
    }

    private void CompareHolds(IReadOnlyCollection<Hold> stored)
    {
        var there = stored.ToDictionary(hold => hold.Id);
        foreach (var (id, hold) in _openHolds)
        {
            if (!there.Remove(id, out var row) || row.Amount != hold.Amount || row.DebitAccountId != hold.DebitAccountId || row.CreditAccountId != hold.CreditAccountId)
                Found(FindingCodes.HoldWrong, "The hold is open by its transfers and not by its row.", hold);
        }

        foreach (var id in there.Keys) Found(new Finding(FindingCodes.HoldWrong, $"Hold {id} is open by its row and not by its transfers.", _root, TransferId: id));
    }

    private void CheckSums()
    {
        foreach (var unit in _accounts.Values.GroupBy(account => account.Unit))
        {
            var sum = unit.Aggregate(Int128.Zero, (total, account) => total + account.Counters.Balance);
            if (sum != 0) Found(new Finding(FindingCodes.SumNotZero, $"All balances of {unit.Key} together are {sum}, not 0.", _root));
        }
    }

    private void Found(string code, string message, Transfer transfer) => Found(new Finding(code, $"Transfer {transfer.Id}: {message}", _root, transfer.Sequence, transfer.Id));

    private void Found(Finding finding)
    {
        if (_findings.Count < MaxFindings) _findings.Add(finding);
    }
}
