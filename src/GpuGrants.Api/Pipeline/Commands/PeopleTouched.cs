using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// A statement that runs once for all people whom commands named, after the rows of the batch are written. Nothing is read.
/// </summary>
/// <param name="sql">The statement. Its parameter is the ids of the people.</param>
public abstract class PeopleTouched(string sql) : PendingRows
{
    private readonly HashSet<Guid> _people = [];

    public sealed override bool HasWants => false;

    public sealed override bool WritesLast => true;

    /// <summary>Whether a command named somebody.</summary>
    protected bool HasPeople => _people.Count > 0;

    /// <exception cref="NotSupportedException">Nothing is read.</exception>
    public sealed override NpgsqlBatchCommand Read() => throw new NotSupportedException("Nothing is read here.");

    /// <exception cref="NotSupportedException">Nothing is read.</exception>
    public sealed override Task ReceiveAsync(NpgsqlDataReader reader) => throw new NotSupportedException("Nothing is read here.");

    public sealed override void AddWrites(NpgsqlBatch batch)
    {
        if (HasPeople)
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. _people] } } }
            );
    }

    /// <summary>Names a person for the statement.</summary>
    protected void Touch(Guid person) => _people.Add(person);
}
