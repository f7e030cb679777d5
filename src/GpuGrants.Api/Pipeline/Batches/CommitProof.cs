using GpuGrants.Api.Events;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Submissions;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>
/// A row that a batch inserted: when the answer to its commit was lost, the row's presence tells whether it was committed.
/// </summary>
/// <param name="Table">One of events, transfers, idempotency_keys.</param>
/// <param name="Root">The tree's id; unused for idempotency keys.</param>
/// <param name="Id">The row's id.</param>
/// <param name="Sequence">An event's number in its tree.</param>
internal sealed record CommitProof(string Table, Guid Root, Guid Id, long Sequence)
{
    public static CommitProof? Of(BatchState state)
    {
        if (state.Rows<Event>().Inserts is [var happened, ..])
            return new CommitProof("events", happened.RootProgrammeId, happened.Id, happened.Sequence);
        if (state.Trees.Values.SelectMany(tree => tree.Transfers).FirstOrDefault() is { } transfer)
            return new CommitProof("transfers", transfer.RootProgrammeId, transfer.Id, 0);
        return state.Rows<KeptAnswer>().Inserts is [var answer, ..] ? new CommitProof("idempotency_keys", Guid.Empty, answer.Id, 0) : null;
    }

    /// <summary>
    /// Whether the row is there. Ask only while holding the tree's lock: without it, the lost transaction may still be running.
    /// </summary>
    public async Task<bool> ExistsAsync(NpgsqlConnection connection)
    {
        var sql = Table switch
        {
            "events" => "select exists (select from events where root_programme_id = $1 and sequence = $3 and id = $2)",
            "transfers" => "select exists (select from transfers where root_programme_id = $1 and id = $2 and $3 = $3)",
            _ => "select exists (select from idempotency_keys where id = $2 and $1 = $1 and $3 = $3)",
        };
        await using var command = new NpgsqlCommand(sql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = Root },
                new NpgsqlParameter<Guid> { TypedValue = Id },
                new NpgsqlParameter<long> { TypedValue = Sequence },
            },
        };
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}
