using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>Rows of one table that a batch reads by key: each key at most once, all wanted keys of a round in one statement.</summary>
public abstract class RowSource
{
    public abstract bool HasWants { get; }

    /// <summary>The statement that reads all wanted keys.</summary>
    public abstract NpgsqlBatchCommand Read();

    /// <summary>Takes the statement's rows; a wanted key without a row is known to be absent from then on.</summary>
    public abstract Task TakeAsync(NpgsqlDataReader reader);
}

/// <inheritdoc cref="RowSource"/>
public sealed class RowSource<TKey, TRow>(
    string sql,
    Action<NpgsqlParameterCollection, IReadOnlyList<TKey>> bind,
    Func<NpgsqlDataReader, (TKey Key, TRow Row)> read) : RowSource
    where TKey : notnull
    where TRow : class
{
    private readonly Dictionary<TKey, TRow?> _rows = [];
    private readonly List<TKey> _wants = [];

    public override bool HasWants => _wants.Count > 0;

    /// <summary>Asks for the row unless it is known already, be it as absent.</summary>
    public void Want(TKey key)
    {
        if (_rows.TryAdd(key, null)) _wants.Add(key);
    }

    /// <summary>The row, or null when there is none.</summary>
    /// <exception cref="InvalidOperationException">Nobody wanted this key: the command's plan and its decision disagree.</exception>
    public TRow? Find(TKey key) => _rows.TryGetValue(key, out var row)
        ? row
        : throw new InvalidOperationException($"A decision looked for {typeof(TRow).Name} {key}, which was not planned.");

    /// <summary>Makes a row that this batch created, or a cached one, known.</summary>
    public void Put(TKey key, TRow row) => _rows[key] = row;

    public override NpgsqlBatchCommand Read()
    {
        var command = new NpgsqlBatchCommand(sql);
        bind(command.Parameters, _wants);
        return command;
    }

    public override async Task TakeAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync())
        {
            var (key, row) = read(reader);
            _rows[key] = row;
        }
        _wants.Clear();
    }
}
