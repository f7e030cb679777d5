using System.Diagnostics.CodeAnalysis;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>One tree as a batch works on it: its memory, and what the batch changes of its ledger and counters.</summary>
public sealed class TreeChanges(TreeState state) : IQuotaCounters
{
    private readonly HashSet<Guid> _wantedAccounts = [];
    private readonly HashSet<SubjectId> _wantedSubjects = [];
    private readonly HashSet<Account> _newAccounts = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Account> _changedAccounts = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<SubjectId> _changedSubjects = [];
    private readonly List<Transfer> _transfers = [];
    private readonly Dictionary<Guid, ReturnAccount> _endedNow = [];

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

    public IReadOnlyCollection<SubjectId> WantedSubjects => _wantedSubjects;

    public IReadOnlyList<Transfer> Transfers => _transfers;

    public IReadOnlyCollection<Account> NewAccounts => _newAccounts;

    public IReadOnlyCollection<Account> ChangedAccounts => _changedAccounts;

    /// <summary>Subjects of which a counter changed.</summary>
    public IReadOnlyCollection<SubjectId> ChangedSubjects => _changedSubjects;

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

    /// <summary>Wants an account; of an ended programme's budget also the account to which its credits flow on.</summary>
    public void WantAccount(Guid id)
    {
        if (Config.Returns.Count > 0 && Config.Returns.TryGetValue(id, out var onward))
            WantAccount(onward.Id);
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
        State.AccountCount++;
        _newAccounts.Add(account);
        return account;
    }

    /// <summary>Records a chain of transfers whose balances the command has checked.</summary>
    /// <exception cref="InvalidOperationException">
    /// The ledger refuses the chain. That is a defect, and the exception undoes the batch.
    /// </exception>
    public void Post(IReadOnlyList<TransferOrder> chain)
    {
        if (!TryPost(chain, out var refusal))
            throw new InvalidOperationException($"The ledger refused what the rules had checked: {refusal.Code} {refusal.Field}.");
    }

    /// <summary>A programme ends in this very batch: what comes back to its budget flows on from now on.</summary>
    /// <param name="budgetAccountId">The account of its own budget.</param>
    /// <param name="onward">Where the credits go. The account must have been wanted.</param>
    public void MarkEnded(Guid budgetAccountId, ReturnAccount onward) => _endedNow[budgetAccountId] = onward;

    /// <summary>
    /// Records a chain of transfers as a whole or nothing of it. What the chain leaves in the budget of an ended programme flows on at
    /// once.
    /// </summary>
    public bool TryPost(IReadOnlyList<TransferOrder> chain, [NotNullWhen(false)] out LedgerRefusal? refusal)
    {
        var first = _transfers.Count;
        if (!TryRecord(chain, out refusal))
            return false;
        if (Config.Returns.Count > 0 || _endedNow.Count > 0)
            FlowOn(first);
        return true;
    }

    private void FlowOn(int first)
    {
        for (var i = first; i < _transfers.Count; i++)
        {
            var transfer = _transfers[i];
            foreach (var id in (ReadOnlySpan<Guid>)[transfer.DebitAccountId, transfer.CreditAccountId])
            {
                if (!IsEnded(id, out var onward) || !State.Book.TryGetAccount(id, out var budget) || budget.Available <= 0)
                    continue;
                PassOn(budget, onward, transfer.Context);
            }
        }
    }

    /// <summary>Moves all that an ended programme's budget has left to where its credits flow on.</summary>
    /// <param name="budget">The account of the budget, with more than 0 left.</param>
    /// <param name="onward">Where they go. The account must have been wanted.</param>
    /// <param name="context">What the transfer is about.</param>
    public void PassOn(Account budget, ReturnAccount onward, TransferContext context)
    {
        var order = TransferOrder.Posted(
            Guid.CreateVersion7(At),
            budget,
            AccountOf(onward.Kind, LedgerUnit.Credit, onward.OwnerId),
            budget.Available,
            onward.Kind == AccountKind.Breakage ? TransferReasons.Breakage : TransferReasons.Return,
            context
        );
        if (!TryRecord([order], out var refusal))
            throw new InvalidOperationException($"The ledger refused a return: {refusal.Code} {refusal.Field}.");
    }

    private bool IsEnded(Guid accountId, out ReturnAccount onward) =>
        _endedNow.TryGetValue(accountId, out onward) || Config.Returns.TryGetValue(accountId, out onward);

    private bool TryRecord(IReadOnlyList<TransferOrder> chain, [NotNullWhen(false)] out LedgerRefusal? refusal)
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
        if (!State.Subjects.ContainsKey(key.Subject))
            _wantedSubjects.Add(key.Subject);
    }

    public QuotaCounter? Find(CounterKey key) => Subject(key).Find(key.SignatureId);

    public QuotaCounter GetOrAdd(CounterKey key)
    {
        var counters = Subject(key);
        if (counters.Find(key.SignatureId) is { } counter)
            return counter;
        counter = new QuotaCounter();
        counters.Set(key.SignatureId, counter);
        State.CounterCount++;
        return counter;
    }

    public void CounterChanged(CounterKey key)
    {
        _changedSubjects.Add(key.Subject);
        MarkChanged();
    }

    /// <summary>Takes what was read and counts what was wanted and not found as absent.</summary>
    public void TakeReads(IEnumerable<Account> accounts, IEnumerable<(SubjectId Id, CountedSubject Subject)> subjects)
    {
        foreach (var account in accounts)
        {
            State.Book.Add(account);
            State.AccountCount++;
            _wantedAccounts.Remove(account.Id);
        }

        foreach (var (id, subject) in subjects)
        {
            State.Subjects[id] = subject;
            State.CounterCount += subject.Counters.All.Count;
            _wantedSubjects.Remove(id);
        }

        State.AbsentAccounts.UnionWith(_wantedAccounts);
        foreach (var id in _wantedSubjects)
            State.Subjects[id] = new CountedSubject();
        _wantedAccounts.Clear();
        _wantedSubjects.Clear();
    }

    private SubjectCounters Subject(CounterKey key) =>
        State.Subjects.TryGetValue(key.Subject, out var subject)
            ? subject.Counters
            : throw new InvalidOperationException($"Counter {key} was not planned.");

    private void Touch(Guid id)
    {
        if (State.Book.TryGetAccount(id, out var account) && !_newAccounts.Contains(account))
            _changedAccounts.Add(account);
    }
}
