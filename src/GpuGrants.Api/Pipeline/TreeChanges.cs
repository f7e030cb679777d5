using System.Diagnostics.CodeAnalysis;
using GpuGrants.Api.Programmes;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline;

/// <summary>One tree as a batch works on it: its memory, and what the batch changes of its ledger and counters.</summary>
public sealed class TreeChanges(TreeState state) : IQuotaCounters
{
    private readonly HashSet<Guid> _wantedAccounts = [];
    private readonly HashSet<CounterKey> _wantedCounters = [];
    private readonly HashSet<Account> _newAccounts = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Account> _changedAccounts = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<CounterKey> _changedCounters = [];
    private readonly HashSet<CounterKey> _storedCounters = [];
    private readonly List<Transfer> _transfers = [];

    public TreeId Id => State.Id;

    /// <summary>As rows of the tree carry it.</summary>
    public Guid RootProgrammeId => State.Id.Value;

    public TreeState State { get; } = state;

    /// <summary>The batch's business time in this tree.</summary>
    public DateTimeOffset At => State.At;

    public TreeConfig Config => State.Config;

    /// <summary>Whether anything was written, so that the tree's version has to grow.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Whether what decisions depend on was written: programmes, offers, policies, overrides.</summary>
    public bool IsConfigChanged { get; private set; }

    public IReadOnlyCollection<Guid> WantedAccounts => _wantedAccounts;

    public IReadOnlyCollection<CounterKey> WantedCounters => _wantedCounters;

    public IReadOnlyList<Transfer> Transfers => _transfers;

    public IReadOnlyCollection<Account> NewAccounts => _newAccounts;

    public IReadOnlyCollection<Account> ChangedAccounts => _changedAccounts;

    /// <summary>Counters that changed, and whether each is known to have a row already.</summary>
    public IEnumerable<(CounterKey Key, QuotaCounter Counter, bool IsStored)> ChangedCounters =>
        _changedCounters.Select(key => (key, State.Counters[key]!, _storedCounters.Contains(key)));

    /// <summary>The tree's row as the batch leaves it.</summary>
    /// <returns>A new row.</returns>
    public ProgrammeTree ToRow() =>
        new()
        {
            RootProgrammeId = RootProgrammeId,
            Version = State.Version + 1,
            ConfigVersion = State.ConfigVersion + (IsConfigChanged ? 1 : 0),
            TransferSequence = State.TransferSequence,
            EventSequence = State.EventSequence,
            LastAt = State.At,
        };

    public void MarkChanged() => IsChanged = true;

    public void MarkConfigChanged() => IsChanged = IsConfigChanged = true;

    public void WantAccount(Guid id)
    {
        if (!State.Book.TryGetAccount(id, out _) && !State.AbsentAccounts.Contains(id))
            _wantedAccounts.Add(id);
    }

    /// <summary>The account, or null when there is none. It must have been wanted.</summary>
    public Account? FindAccount(Guid id) =>
        State.Book.TryGetAccount(id, out var account) ? account
        : State.AbsentAccounts.Contains(id) ? null
        : throw new InvalidOperationException($"Account {id} was not planned.");

    /// <summary>
    /// The account of the owner, made when this is its first transfer. Unless it was made just now, it must have been wanted.
    /// </summary>
    public Account AccountOf(AccountKind kind, LedgerUnit unit, Guid ownerId, bool isNew = false)
    {
        var id = AccountIds.Of(kind, unit, ownerId);
        if (State.Book.TryGetAccount(id, out var account))
            return account;
        if (!isNew && FindAccount(id) is { } found)
            return found;
        account = new Account(RootProgrammeId, id, kind, unit, ownerId, At);
        State.AbsentAccounts.Remove(id);
        State.Book.Add(account);
        State.Accounts++;
        _newAccounts.Add(account);
        return account;
    }

    /// <summary>Records a chain of transfers as a whole or nothing of it.</summary>
    public bool TryPost(IReadOnlyList<TransferOrder> chain, [NotNullWhen(false)] out LedgerRefusal? refusal)
    {
        if (!State.Book.TryPost(chain, State.TransferSequence + 1, At, out var recorded, out refusal))
            return false;
        State.TransferSequence += recorded.Count;
        _transfers.AddRange(recorded);
        foreach (var transfer in recorded)
        {
            Touch(transfer.DebitAccountId);
            Touch(transfer.CreditAccountId);
        }

        MarkChanged();
        return true;
    }

    public void WantCounter(CounterKey key)
    {
        if (!State.Counters.ContainsKey(key))
            _wantedCounters.Add(key);
    }

    public QuotaCounter? Find(CounterKey key) =>
        State.Counters.TryGetValue(key, out var counter) ? counter : throw new InvalidOperationException($"Counter {key} was not planned.");

    public QuotaCounter GetOrAdd(CounterKey key)
    {
        if (Find(key) is not { } counter)
            return State.Counters[key] = new QuotaCounter();
        // A counter that existed before this batch was read from the database or written to it.
        if (!_changedCounters.Contains(key))
            _storedCounters.Add(key);
        return counter;
    }

    public void CounterChanged(CounterKey key)
    {
        _changedCounters.Add(key);
        MarkChanged();
    }

    /// <summary>Takes what was read and counts what was wanted and not found as absent.</summary>
    public void TakeReads(IEnumerable<Account> accounts, IEnumerable<(CounterKey Key, QuotaCounter Counter)> counters)
    {
        foreach (var account in accounts)
        {
            State.Book.Add(account);
            State.Accounts++;
            _wantedAccounts.Remove(account.Id);
        }

        foreach (var (key, counter) in counters)
        {
            State.Counters[key] = counter;
            _wantedCounters.Remove(key);
        }

        State.AbsentAccounts.UnionWith(_wantedAccounts);
        foreach (var key in _wantedCounters)
            State.Counters[key] = null;
        _wantedAccounts.Clear();
        _wantedCounters.Clear();
    }

    private void Touch(Guid id)
    {
        if (State.Book.TryGetAccount(id, out var account) && !_newAccounts.Contains(account))
            _changedAccounts.Add(account);
    }
}
