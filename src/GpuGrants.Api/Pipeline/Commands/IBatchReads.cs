using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>Something that a batch reads by one statement, in each round in which commands want some of it.</summary>
public interface IBatchReads
{
    /// <summary>Whether the next round has to read.</summary>
    bool HasWants { get; }

    /// <summary>The statement that reads all that is wanted.</summary>
    NpgsqlBatchCommand Read();

    /// <summary>Receives the statement's rows. What was wanted and has no row is known to be absent from then on.</summary>
    Task ReceiveAsync(NpgsqlDataReader reader);
}
