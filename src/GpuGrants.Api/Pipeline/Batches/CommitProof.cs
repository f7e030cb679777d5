using GpuGrants.Api.Events;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Submissions;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>
/// A row that a batch inserted: when the answer to its commit was lost, the row's presence tells whether it was committed.
/// </summary>
internal sealed class CommitProof
{
    private readonly string _where;
    private readonly object[] _values;

    private CommitProof(string where, params object[] values)
    {
        _where = where;
        _values = values;
    }

    /// <summary>Chooses a row of those that the batch is about to insert; null when it inserts none that can be looked up.</summary>
    public static CommitProof? Of(BatchState state)
    {
        if (state.Rows<Event>().Inserts is [var happened, ..])
            return new CommitProof(
                "events where root_programme_id = $1 and id = $2 and sequence = $3",
                happened.RootProgrammeId,
                happened.Id,
                happened.Sequence
            );
        if (state.Trees.Values.SelectMany(tree => tree.Transfers).FirstOrDefault() is { } transfer)
            return new CommitProof("transfers where root_programme_id = $1 and id = $2", transfer.RootProgrammeId, transfer.Id);
        return state.Rows<KeptAnswer>().Inserts is [var answer, ..] ? new CommitProof("idempotency_keys where id = $1", answer.Id) : null;
    }

    /// <summary>
    /// Whether the row is there. Ask only while holding the tree's lock: without it, the lost transaction may still be running.
    /// </summary>
    public async Task<bool> ExistsAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand($"select exists (select from {_where})", connection);
        foreach (var value in _values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>
/// Commits of one batch whose replies were lost with their connections: what to look for, and what the callers get if it is there.
/// </summary>
internal sealed class LostCommit
{
    private readonly List<(CommitProof Proof, Reply[] Replies)> _commits = [];

    public void Remember(CommitProof? proof, Reply[] replies)
    {
        if (proof is not null)
            _commits.Add((proof, replies));
    }

    /// <summary>
    /// The replies of the commit that was carried out after all; null when none was. Ask under the locks, before anything is decided again.
    /// </summary>
    public async Task<Reply[]?> FindAsync(NpgsqlConnection connection)
    {
        // Checks all of them. Nobody can lock a tree that does not exist yet, so a lost transaction that creates it may still be running at
        // the first check.
        foreach (var (proof, replies) in _commits)
            if (await proof.ExistsAsync(connection))
                return replies;
        return null;
    }
}
