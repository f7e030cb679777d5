using System.Diagnostics.CodeAnalysis;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Offers;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>One tree as a batch works on it: its memory, and what the batch changes of its ledger and counters.</summary>
public sealed class TreeChanges(TreeState state, IReadOnlyList<IPromisesGpus> touched) : IQuotaCounters
{
    private readonly HashSet<Guid> _wantedAccounts = [];
    private readonly HashSet<SubjectId> _wantedSubjects = [];
    private readonly HashSet<Guid> _wantedPromises = [];
    private readonly Dictionary<Guid, (PromisePlan Plan, Dictionary<Guid, GpuPromise> Known)> _plans = [];
    private readonly Dictionary<Guid, IReadOnlyList<Tranche>> _tranches = [];
    private readonly HashSet<Account> _newAccounts = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Account> _changedAccounts = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<SubjectId> _changedSubjects = [];
    private readonly List<Transfer> _transfers = [];
    private readonly Dictionary<Guid, ReturnAccount> _endedNow = [];
    private DateTimeOffset? _plannedAt;

    public TreeId Id => State.Id;

    /// <summary>As rows of the tree carry it.</summary>
    public Guid RootProgrammeId => State.Id.Value;

    public TreeState State { get; } = state;

    /// <summary>The batch's business time in this tree.</summary>
    public DateTimeOffset At => State.At;

    /// <summary>
    /// The business time at which commands planned. What was found for it holds while the batch decides, though <see cref="At"/> steps on.
    /// </summary>
    public DateTimeOffset PlannedAt => _plannedAt ?? State.At;

    public TreeConfig Config => State.Config;

    /// <summary>Whether anything was written, so that the tree's version has to grow.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Whether configuration was written.</summary>
    public bool IsConfigChanged { get; private set; }

    public IReadOnlyCollection<Guid> WantedAccounts => _wantedAccounts;

    public IReadOnlyCollection<SubjectId> WantedSubjects => _wantedSubjects;

    /// <summary>Offers with dated tranches whose promises are to be read.</summary>
    public IReadOnlyCollection<Guid> WantedPromises => _wantedPromises;

    public IReadOnlyList<Transfer> Transfers => _transfers;

    public IReadOnlyCollection<Account> NewAccounts => _newAccounts;

    public IReadOnlyCollection<Account> ChangedAccounts => _changedAccounts;

    /// <summary>Subjects of which a counter changed.</summary>
    public IReadOnlyCollection<SubjectId> ChangedSubjects => _changedSubjects;

    /// <summary>The tree's row as the batch leaves it.</summary>
    public ProgrammeTree ToRow() =>
        new()
        {
            Tree = State.Id.Value,
            Version = State.Version + 1,
            ConfigVersion = State.ConfigVersion + (IsConfigChanged ? 1 : 0),
            TransferSequence = State.TransferSequence,
            EventSequence = State.EventSequence,
            LastAt = State.At,
        };

    public void MarkChanged() => IsChanged = true;

    /// <summary>
    /// Moves the batch's business time in this tree on, to that of the trees that it meets in. Commands have to plan again.
    /// </summary>
    /// <param name="at">Not before the present one.</param>
    public void MoveTo(DateTimeOffset at)
    {
        if (at == State.At)
            return;
        State.At = at;
        _plannedAt = null;
        _plans.Clear();
    }

    /// <summary>Moves business time on by the least step, between two commands that decide. What was planned stays.</summary>
    public void StepOn()
    {
        _plannedAt ??= State.At;
        State.At += BusinessTime.Step;
    }

    /// <summary>
    /// Says that configuration was written, so that no replica decides by what it remembers. In a tree of programmes: programmes, their
    /// terms of eligibility, trust in partners, offers, tranches that passed, policies, overrides. In the platform's tree: policies,
    /// overrides, organizations' own limits, providers, GPU models, freezes, terms to accept, and counters of new rules that were folded.
    /// </summary>
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

    /// <summary>Receives what was read, and counts what was wanted and not found as absent.</summary>
    public void Receive(IEnumerable<Account> accounts, IEnumerable<(SubjectId Id, VersionedSubjectCounters Subject)> subjects)
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
            State.Subjects[id] = new VersionedSubjectCounters();
        _wantedAccounts.Clear();
        _wantedSubjects.Clear();
    }

    /// <summary>Wants what an offer with dated tranches promised. One without needs nothing.</summary>
    public void WantPromises(Offer offer)
    {
        if (offer.IsDated)
            WantPromises(offer.Id);
    }

    /// <inheritdoc cref="WantPromises(Offer)"/>
    public void WantPromises(Guid datedOfferId)
    {
        if (!State.Promises.ContainsKey(datedOfferId))
            _wantedPromises.Add(datedOfferId);
    }

    /// <summary>Receives what was read. An offer that was wanted and promised nothing is known to have promised nothing.</summary>
    public void ReceivePromises(IEnumerable<IPromisesGpus> rows)
    {
        foreach (var offer in _wantedPromises)
            State.Promises[offer] = [];
        _wantedPromises.Clear();
        foreach (var row in rows)
            if (row.ToPromise() is { } promise)
                State.Promises[row.PromisedOfferId!.Value][row.Id] = promise;
    }

    /// <summary>The tranches of an offer as this batch leaves them: no configuration knows them yet.</summary>
    public void SetTranches(Guid offerId, IReadOnlyList<Tranche> tranches)
    {
        _tranches[offerId] = tranches;
        _plans.Remove(offerId);
    }

    /// <summary>What an offer with dated tranches can still promise, this batch's own decisions included.</summary>
    /// <param name="offer">The offer. Its promises must have been wanted.</param>
    /// <returns>A plan from the moment on at which commands planned.</returns>
    public PromisePlan PlanOf(Offer offer)
    {
        if (_plans.TryGetValue(offer.Id, out var plan) && TryFollow(offer.Id, plan.Plan, plan.Known))
            return plan.Plan;
        var known = PromisesOf(offer.Id);
        var made = new PromisePlan(TranchesOf(offer), known.Values.OrderBy(one => one.Id), PlannedAt);
        _plans[offer.Id] = (made, known);
        return made;
    }

    /// <summary>A plan by tranches that the caller knows, which the configuration may not know.</summary>
    public PromisePlan PlanOf(Guid offerId, IReadOnlyList<Tranche> tranches) =>
        new(tranches, PromisesOf(offerId).Values.OrderBy(one => one.Id), At);

    /// <summary>Whether the offer's capacity became dated in this very batch. The next batch can promise it.</summary>
    public bool BecameDated(Offer offer) => !offer.IsDated && _tranches.Count > 0 && _tranches.ContainsKey(offer.Id);

    /// <summary>Remembers for later batches what this one promised and took back.</summary>
    public void KeepPromises()
    {
        foreach (var (offer, promises) in State.Promises)
            Overlay(offer, promises);
    }

    private IReadOnlyList<Tranche> TranchesOf(Offer offer) => _tranches.GetValueOrDefault(offer.Id) ?? offer.Tranches;

    private Dictionary<Guid, GpuPromise> PromisesOf(Guid offerId)
    {
        var promises = new Dictionary<Guid, GpuPromise>(
            State.Promises.TryGetValue(offerId, out var known)
                ? known
                : throw new InvalidOperationException($"The promises of offer {offerId} were not planned.")
        );
        Overlay(offerId, promises);
        return promises;
    }

    /// <summary>Adds what the batch promised since. False when it also changed or took back something, so that the plan is to be made
    /// anew.</summary>
    private bool TryFollow(Guid offerId, PromisePlan plan, Dictionary<Guid, GpuPromise> known)
    {
        foreach (var row in touched)
        {
            if (row.RootProgrammeId != RootProgrammeId)
                continue;
            var now = row.PromisedOfferId == offerId ? row.ToPromise() : null;
            if (known.TryGetValue(row.Id, out var before) ? now == before : now is null)
                continue;
            if (now is not { } added || !known.TryAdd(row.Id, added))
                return false;
            plan.Add(added);
        }

        return true;
    }

    private void Overlay(Guid offerId, Dictionary<Guid, GpuPromise> promises)
    {
        foreach (var row in touched)
        {
            if (row.RootProgrammeId != RootProgrammeId)
                continue;
            if (row.PromisedOfferId == offerId && row.ToPromise() is { } promise)
                promises[row.Id] = promise;
            else
                promises.Remove(row.Id);
        }
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
