using GpuGrants.Trees;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// One transaction of the pipeline: locks trees, reads in rounds what commands plan, decides all, writes all as sets, commits.
/// </summary>
internal sealed class Batch(
    IReadOnlyList<Submission> submissions,
    IReadOnlyDictionary<TreeId, TreeState> states,
    bool lockPlatform,
    RowMaps maps,
    DateTimeOffset clock,
    bool isDryRun
)
{
    // A subquery hides the array's length. Otherwise PostgreSQL would plan every batch anew.
    private const string TreesSql = """
        select root_programme_id, version, config_version, transfer_sequence, event_sequence, last_at
        from programme_trees where root_programme_id = any ((select $1)::uuid[]) order by root_programme_id
        """;

    private const string SharedSql =
        "select config_version, now() from programme_trees where root_programme_id = '00000000-0000-0000-0000-000000000000'";

    private readonly BatchState _state = new(maps, states.Values.ToDictionary(state => state.Id, state => new TreeChanges(state)));
    private long _sharedVersion;
    private DateTimeOffset _databaseNow;

    /// <summary>A row that exists exactly when the batch was committed; null when the batch wrote no such row.</summary>
    public CommitProof? Proof { get; private set; }

    /// <summary>Whether the platform's counters are needed and its tree was not locked: the batch has to run again with it.</summary>
    public bool NeedsPlatform { get; private set; }

    public BatchState State => _state;

    /// <summary>Reads and decides under the locks. Nothing is written yet.</summary>
    public async Task<Reply[]?> DecideAsync(NpgsqlConnection connection)
    {
        foreach (var tree in _state.Trees.Values)
            await RefreshConfigAsync(connection, tree);
        NeedsPlatform = !lockPlatform && _state.Trees.Values.Any(tree => tree.Config.Quotas.NeedsPlatform);
        if (NeedsPlatform)
            return null;
        foreach (var tree in _state.Trees.Values)
            await CounterBackfill.RunAsync(connection, _state, tree);
        await ReadAsync(connection);
        return DecideAll();
    }

    /// <summary>Writes all effects and commits, in one round trip.</summary>
    public async Task CommitAsync(NpgsqlConnection connection)
    {
        await using var batch = new NpgsqlBatch(connection);
        BatchWriter.AddTo(batch, _state);
        Proof = CommitProof.Of(_state);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        await batch.ExecuteNonQueryAsync();
        foreach (var tree in _state.Trees.Values)
        {
            // Only after the commit: counters made by a failed batch or a dry run are not stored.
            tree.State.Config = tree.Config.Folded;
            // An account that only a refused command named was not written, so memory must not keep it as existing.
            if (!tree.IsChanged && tree.NewAccounts.Count > 0)
                tree.State.Forget();
            if (!tree.IsChanged)
                continue;
            tree.State.Version++;
            tree.State.Exists = true;
        }
    }

    /// <summary>
    /// Begins the transaction and locks its trees: from here on nobody else changes them, and what was committed before is to be seen.
    /// </summary>
    public async Task LockAsync(NpgsqlConnection connection)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(isDryRun ? "begin isolation level repeatable read read only" : "begin"));
        // The platform's row comes first in id order. A shared lock keeps its policies as they are until this batch has committed.
        var sharesPlatform = !states.ContainsKey(TreeId.Platform);
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(
                SharedSql
                    + (
                        isDryRun ? ""
                        : sharesPlatform ? " for share"
                        : " for update"
                    )
            )
        );
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(TreesSql + (isDryRun ? "" : " for update"))
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid[]>
                    {
                        TypedValue = [.. states.Keys.Select(tree => tree.Value)],
                        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid,
                    },
                },
            }
        );
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.ReadAsync();
        _sharedVersion = reader.GetInt64(0);
        _databaseNow = reader.GetFieldValue<DateTimeOffset>(1);
        await reader.NextResultAsync();
        foreach (var state in states.Values)
            state.Exists = false;
        while (await reader.ReadAsync())
            Take(reader, states[TreeId.Of(reader.GetGuid(0))]);
        foreach (var state in states.Values)
            Advance(state);
    }

    private static void Take(NpgsqlDataReader row, TreeState state)
    {
        if (state.Version != row.GetInt64(1))
            state.Forget();
        state.Exists = true;
        state.Version = row.GetInt64(1);
        state.ConfigVersion = row.GetInt64(2);
        state.TransferSequence = row.GetInt64(3);
        state.EventSequence = row.GetInt64(4);
        state.At = row.GetFieldValue<DateTimeOffset>(5);
    }

    private void Advance(TreeState state)
    {
        var now = new DateTimeOffset(clock.Ticks - (clock.Ticks % TimeSpan.TicksPerMicrosecond), clock.Offset);
        if (!state.Exists || now > state.At)
            state.At = now;
    }

    private async Task RefreshConfigAsync(NpgsqlConnection connection, TreeChanges tree)
    {
        var state = tree.State;
        if (!state.Exists || (state.Config.Version == state.ConfigVersion && state.Config.SharedVersion == _sharedVersion))
            return;
        state.Config = await TreeConfigReader.ReadAsync(connection, state.Id, state.ConfigVersion, _sharedVersion, state.At);
    }

    private async Task ReadAsync(NpgsqlConnection connection)
    {
        foreach (var submission in submissions)
            if (submission.Key is { } key)
                _state.Rows<KeptAnswer>().Want(new Store.RowKey(key.Id));
        while (true)
        {
            foreach (var submission in submissions)
                submission.Command.Plan(_state);
            if (!_state.HasWants)
                return;
            await BatchReader.ReadAsync(connection, _state);
        }
    }

    private Reply[] DecideAll()
    {
        var replies = new Reply[submissions.Count];
        for (var i = 0; i < replies.Length; i++)
        {
            var submission = submissions[i];
            if (submission.Key is { } key && _state.Rows<KeptAnswer>().Find(new Store.RowKey(key.Id)) is { } before)
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

    private void Keep(Command command, IdempotencyKey key, IAnswer answer)
    {
        var row = new KeptAnswer
        {
            Id = key.Id,
            ClientId = key.ClientId,
            Endpoint = key.Endpoint,
            Key = key.Key,
            RequestHash = key.RequestHash.ToArray(),
            // Never before the database's own time. Otherwise a slow clock would make the key look old, and a sweep would delete it.
            CreatedAt = _state.Tree(command.Tree).At is var at && at > _databaseNow ? at : _databaseNow,
        };
        answer.KeepIn(row);
        _state.Rows<KeptAnswer>().Insert(row);
    }
}
