using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// A statement that runs once for all people whom commands named, after the rows of the batch are written.
/// </summary>
/// <param name="sql">The statement. Its parameter is the ids of the people.</param>
public abstract class PeopleTouched(string sql) : IBatchWrites
{
    private readonly HashSet<Guid> _people = [];

    /// <inheritdoc/>
    public virtual Type? Written => null;

    public bool WritesLast => true;

    /// <summary>Whether a command named somebody.</summary>
    protected bool HasPeople => _people.Count > 0;

    public void AddWrites(NpgsqlBatch batch)
    {
        if (HasPeople)
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. _people] } } }
            );
    }

    /// <summary>Names a person for the statement.</summary>
    protected void Touch(Guid person) => _people.Add(person);
}
