using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>Something that a batch writes by statements of its own, once all its commands are decided.</summary>
public interface IBatchWrites
{
    /// <summary>The type of rows whose watchers (<see cref="IRowWatcher"/>) hear of what is written; null while there is nothing to
    /// hear.</summary>
    Type? Written { get; }

    /// <summary>Whether what it writes depends on rows that others write in the same batch.</summary>
    bool WritesLast { get; }

    /// <summary>Adds the statements that write; none where there is nothing to write.</summary>
    void AddWrites(NpgsqlBatch batch);
}
