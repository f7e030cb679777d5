using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>
/// One transaction of the pipeline: locks trees, reads in rounds what commands plan, decides all, writes all as sets, commits.
/// </summary>
/// <remarks>
/// <see cref="BatchLocks"/> says in which order it locks. Which counting trees it needs is known only once the commands have planned. A
/// batch that finds yet another one rolls back and begins again and locks all of them at once. What it read is gone.
/// </remarks>
internal sealed class Batch(
    IReadOnlyList<Submission> submissions,
    Func<TreeId, TreeState> open,
    BatchLocks locks,
    DateTimeOffset clock,
    PreparedCounters prepared,
    ReviewClock reviews,
    bool isDryRun
)
{
    private readonly TreeId _platform = TreeId.Platform;

    // The trees that commands name. The others that the batch locks are counting trees, and the platform's where the batch holds the
    // configuration lock alone.
    private readonly List<TreeChanges> _named = [];
    private readonly BatchState _state = new(clock, reviews);
    private readonly AuthorityProof _authority = new(isDryRun ? [] : submissions, clock);
    private bool _hasCountingTrees;
    private long _platformConfigVersion;
    private DateTimeOffset _databaseNow;

    /// <summary>A row that exists exactly when the batch was committed; null when the batch wrote no such row.</summary>
    public CommitProof? Proof { get; private set; }

    /// <summary>What the batch has to lock when it begins again; null unless it has to.</summary>
    public BatchLocks? Needed { get; private set; }

    public BatchState State => _state;

    /// <summary>
    /// Begins the transaction and locks its trees: from here on nobody else changes them, and what was committed before is to be seen.
    /// </summary>
    public async Task BeginAsync(NpgsqlConnection connection)
    {
        var named = submissions.SelectMany(submission => submission.Command.Trees).ToHashSet();
        var states = (locks.HoldsConfigurationAlone ? named.Append(_platform).Distinct() : named).ToDictionary(tree => tree, open);
        var reads = PlanAhead();
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(isDryRun ? "begin isolation level repeatable read read only" : "begin"));
        if (!isDryRun)
            batch.BatchCommands.Add(BatchLocks.LockConfiguration(locks.HoldsConfigurationAlone));
        // A statement of its own, after the lock: each sees what was committed before it began.
        batch.BatchCommands.Add(BatchLocks.ReadConfigurationVersion());
        batch.BatchCommands.Add(BatchLocks.SelectNamed(states.Keys, locks: !isDryRun));
        foreach (var one in reads)
            batch.BatchCommands.Add(one.Read());
        await using var reader = await batch.ExecuteReaderAsync();
        // The row of the configuration lock says nothing.
        if (!isDryRun)
            await reader.NextResultAsync();
        await reader.ReadAsync();
        (_platformConfigVersion, _databaseNow) = (reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1));
        await reader.NextResultAsync();
        await ReceiveTreesAsync(reader, states);
        foreach (var one in reads)
        {
            await reader.NextResultAsync();
            await one.ReceiveAsync(reader);
        }

        _named.AddRange(named.Select(_state.Tree));
        _state.WantedCountingTrees.UnionWith(locks.CountingTrees.Where(tree => !_state.Trees.ContainsKey(tree)));
    }

    /// <summary>
    /// What is known to be needed before anything is locked. It is read in the round trip that locks, after the locks. A batch that finds
    /// the rest in memory needs no other read.
    /// </summary>
    private List<IBatchReads> PlanAhead()
    {
        foreach (var submission in submissions)
        {
            if (submission.Key is { } key)
                _state.Rows<KeptAnswer>().Want(new RowKey(key.Id));
            submission.Command.PlanAhead(_state);
        }

        var reads = new List<IBatchReads>();
        _authority.AddReads(reads);
        reads.AddRange(_state.Reads.Where(one => one.HasWants));
        return reads;
    }

    /// <summary>
    /// Reads and decides under the locks. Nothing is written yet but the counters of new rules, and the rows of counting trees that were
    /// not there.
    /// </summary>
    /// <returns>Null when the batch has to begin again with the locks that it needs.</returns>
    public async Task<Reply[]?> DecideAsync(NpgsqlConnection connection)
    {
        foreach (var tree in _named)
            await RefreshConfigAsync(connection, tree);
        if (!await FoldOutsideProgrammesAsync(connection))
            return null;
        foreach (var tree in _named)
        {
            if (isDryRun)
                await CounterBackfill.RunForAnswerAsync(connection, _state, tree.Config.Quotas.MissingOfTree, tree.Id);
            else
                await CounterBackfill.RunAsync(connection, _state, tree, prepared);
        }

        MeetInTime();
        if (!await ReadAsync(connection))
            return null;
        var replies = DecideAll();
        await CountPreparedAsync(connection);
        return replies;
    }

    /// <summary>
    /// Rules outside programmes that this batch publishes count from its commit on, wherever the next batch runs, unless this batch itself
    /// records facts. Then the next batch that needs their counters makes them. What was prepared of their history is not read again.
    /// Rules of a publication that this batch refused, or made a proposal, are folded too. The platform's next batch drops them.
    /// </summary>
    private async Task CountPreparedAsync(NpgsqlConnection connection)
    {
        if (isDryRun || !locks.HoldsConfigurationAlone || !_state.Tree(_platform).IsConfigChanged)
            return;
        var published = submissions.SelectMany(one => one.Command.BeginsToCount).Where(one => one.IsOutsideProgrammes).ToList();
        // Facts of this batch are in memory only, also those that no rule in force counts: a fold of what is stored would miss them.
        if (published.Count == 0 || _state.Rows<QuotaFactRow>().Inserts.Count > 0)
            return;
        var stored = await QuotaConfigReader.ReadSignaturesAsync(connection, [_platform]);
        var missing = published.Where(one => !stored.Contains((_platform, one.Id))).DistinctBy(one => one.Id).ToList();
        if (missing.Count > 0)
            await CounterBackfill.RunOutsideProgrammesAsync(connection, _state, missing, _state.Tree(_platform), prepared);
    }

    /// <summary>Writes all effects and commits, in one round trip.</summary>
    public async Task CommitAsync(NpgsqlConnection connection)
    {
        if (!locks.HoldsConfigurationAlone && _state.Trees.TryGetValue(_platform, out var platform) && platform.IsConfigChanged)
            throw new InvalidOperationException(
                $"A command changed the platform's configuration and does not say {nameof(Command.RunsAlone)}."
            );
        await using var batch = new NpgsqlBatch(connection);
        BatchWriter.AddTo(batch, _state);
        Proof = CommitProof.Of(_state);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        await batch.ExecuteNonQueryAsync();
        // Only now: what a batch that failed or a dry run has folded is not stored.
        foreach (var tree in _named)
            tree.State.Config = tree.Config.Folded;
        foreach (var tree in _state.Trees.Values)
        {
            // An account that only a refused command named was not written: memory must not take it for one that is there.
            if (!tree.IsChanged && tree.NewAccounts.Count > 0)
                tree.State.Forget();
            if (!tree.IsChanged)
                continue;
            tree.State.Version++;
            tree.State.Exists = true;
            if (tree.State.Promises.Count > 0)
                tree.KeepPromises();
        }
    }

    /// <summary>Locks the counting trees that are wanted; false when the batch has some already, and so must begin again.</summary>
    private async Task<bool> LockCountersAsync(NpgsqlConnection connection)
    {
        var wanted = _state.WantedCountingTrees.ToList();
        if (isDryRun)
        {
            foreach (var tree in wanted)
                _state.Add(open(tree));
            return true;
        }

        if (_hasCountingTrees)
        {
            Needed = locks with
            {
                CountingTrees = locks
                    .CountingTrees.Union(_state.Trees.Keys.Except(_named.Select(tree => tree.Id)))
                    .Union(wanted)
                    .ToHashSet(),
            };
            return false;
        }

        _hasCountingTrees = true;
        var states = wanted.ToDictionary(tree => tree, open);
        await using var batch = new NpgsqlBatch(connection);
        var unknown = states.Values.Where(state => !state.Exists && !state.Id.IsPlatform).Select(state => state.Id.Value).ToArray();
        // Who makes the same tree waits for this batch, and may hold the platform's.
        var locksPlatformFirst = unknown.Length > 0 && states.ContainsKey(_platform);
        if (locksPlatformFirst)
            batch.BatchCommands.Add(BatchLocks.LockCounting([_platform]));
        if (unknown.Length > 0)
            batch.BatchCommands.Add(BatchLocks.Make(unknown));
        batch.BatchCommands.Add(BatchLocks.LockCounting(states.Keys));
        await using var reader = await batch.ExecuteReaderAsync();
        if (locksPlatformFirst)
            await reader.NextResultAsync();
        await ReceiveTreesAsync(reader, states);
        MeetInTime();
        return true;
    }

    private async Task ReceiveTreesAsync(NpgsqlDataReader reader, Dictionary<TreeId, TreeState> states)
    {
        foreach (var state in states.Values)
            (state.Exists, state.LastAt) = (false, DateTimeOffset.MinValue);
        while (await reader.ReadAsync())
        {
            var row = RowMap.Of<ProgrammeTree>().Read(reader);
            Receive(row, states[TreeId.Of(row.Tree)]);
        }

        foreach (var state in states.Values)
        {
            state.At = BusinessTime.Of(LedgerTime.Truncate(clock), state.LastAt);
            _state.Add(state);
        }
    }

    private void Receive(ProgrammeTree row, TreeState state)
    {
        if (state.Version != row.Version || state.PlatformConfigVersion != _platformConfigVersion)
            state.Forget();
        state.PlatformConfigVersion = _platformConfigVersion;
        state.Exists = true;
        state.Version = row.Version;
        state.ConfigVersion = row.ConfigVersion;
        state.TransferSequence = row.TransferSequence;
        state.EventSequence = row.EventSequence;
        state.LastAt = row.LastAt;
    }

    /// <summary>
    /// Moves the trees of the batch to one business time, once it has one in whose counters facts of several trees meet. So their times do
    /// not decrease in any counter. Commands plan again afterwards, for what is due by then.
    /// </summary>
    private void MeetInTime()
    {
        // What belongs to no programme keeps its own time, unless rules count there.
        var platformCounts = _named.Exists(tree => tree.Config.Quotas.Compiled.MeetsOnPlatform);
        var trees = _state.Trees.Values.Where(tree => !tree.Id.IsPlatform || platformCounts).ToList();
        var shared = trees.FindAll(tree => tree.Id.IsPlatform || !_named.Contains(tree));
        if (shared.Count == 0)
            return;
        var at = BusinessTime.OfAll(trees.Select(tree => tree.At), shared.Select(tree => tree.State.LastAt), CountsInOrder);
        trees.ForEach(tree => tree.MoveTo(at));
    }

    /// <summary>Whether a rule counts facts of several trees in their order.</summary>
    private bool CountsInOrder => _named.Exists(tree => tree.Config.Quotas.Compiled.CountsTreesInOrder);

    private async Task RefreshConfigAsync(NpgsqlConnection connection, TreeChanges tree)
    {
        var state = tree.State;
        if (!state.Exists || (state.Config.Version == state.ConfigVersion && state.Config.PlatformConfigVersion == _platformConfigVersion))
            return;
        state.Config = await TreeConfigReader.ReadAsync(connection, state.Id, state.ConfigVersion, _platformConfigVersion, state.At);
    }

    /// <summary>Makes counters for new rules outside programmes; false when the batch has to hold the configuration lock for it.</summary>
    private async Task<bool> FoldOutsideProgrammesAsync(NpgsqlConnection connection)
    {
        var missing = _named.SelectMany(tree => tree.Config.Quotas.MissingOutsideProgrammes).DistinctBy(signature => signature.Id).ToList();
        if (missing.Count == 0)
            return true;
        if (isDryRun)
        {
            await CounterBackfill.RunForAnswerAsync(connection, _state, missing, null);
            return true;
        }

        if (locks.HoldsConfigurationAlone)
            await CounterBackfill.RunOutsideProgrammesAsync(connection, _state, missing, _state.Tree(_platform), prepared);
        else
            Needed = locks with { HoldsConfigurationAlone = true };
        return Needed is null;
    }

    /// <summary>Reads in rounds; false when the batch has to begin again with the locks that it needs.</summary>
    private async Task<bool> ReadAsync(NpgsqlConnection connection)
    {
        while (true)
        {
            foreach (var submission in submissions.Where(submission => !HasAuthorityChanged(submission)))
                submission.Command.Plan(_state);
            if (_state.HasWants)
                await BatchReader.ReadAsync(connection, _state);
            else if (_state.WantedCountingTrees.Count == 0)
                return true;
            else if (!await LockCountersAsync(connection))
                return false;
        }
    }

    private Reply[] DecideAll()
    {
        var replies = new Reply[submissions.Count];
        var isInOrder = _named.Count > 1 && CountsInOrder;
        for (var i = 0; i < replies.Length; i++)
        {
            var submission = submissions[i];
            if (isInOrder && i > 0)
                StepOn(submissions[i - 1].Command, submission.Command);
            if (HasAuthorityChanged(submission))
            {
                replies[i] = submission.AuthorityChanged();
                continue;
            }

            if (submission.Key is { } key && _state.Rows<KeptAnswer>().Find(new RowKey(key.Id)) is { } before)
            {
                replies[i] = submission.Repeat(before);
                continue;
            }

            replies[i] = submission.Decide(_state);
            if (submission.Key is { } used && replies[i].Rendering?.Kept is { } answer && !isDryRun)
                Keep(submission.Command, used, answer);
        }

        return replies;
    }

    /// <summary>
    /// Moves time on by the least step between two commands of different trees, where it matters in which order their facts are counted.
    /// At one moment, a recount would take them tree by tree.
    /// </summary>
    private void StepOn(Command before, Command then)
    {
        if (before.Tree == then.Tree && before.Trees.Concat(then.Trees).All(tree => tree == then.Tree))
            return;
        foreach (var tree in _state.Trees.Values)
            tree.StepOn();
    }

    private bool HasAuthorityChanged(Submission submission) => _authority.HasChanged(submission.Command.Actor, _state.AuthorityChanged);

    private void Keep(Command command, IdempotencyKey key, IKeepable answer)
    {
        var row = new KeptAnswer
        {
            Id = key.Id,
            RequestHash = key.RequestHash.ToArray(),
            RootProgrammeId = command.Tree.Value,
            // Never before the database's own time: a clock that is slow must not make the key older than it is, and have it swept away at
            // once.
            CreatedAt = _state.Tree(command.Tree).At is var at && at > _databaseNow ? at : _databaseNow,
        };
        answer.KeepIn(row);
        _state.Rows<KeptAnswer>().Insert(row);
    }
}
