using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>What a slice finds by something else than a row's key. It reads what stands under each key once, and writes nothing.</summary>
public abstract class ReadByKey<TKey, TFound> : IBatchReads
    where TKey : notnull
{
    private readonly Dictionary<TKey, List<TFound>> _known = [];
    private readonly HashSet<TKey> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>The statement. Its first parameter are the keys, as an array; of keys in parts, an array for each part.</summary>
    protected abstract string Sql { get; }

    /// <summary>As of which moment it reads: the statement's second parameter; null where it has none.</summary>
    protected DateTimeOffset? At { get; set; }

    /// <summary>Adds the parameters that name the keys. Keys in parts override it.</summary>
    protected virtual void AddKeys(NpgsqlParameterCollection parameters, HashSet<TKey> keys) =>
        parameters.Add(new NpgsqlParameter<TKey[]> { TypedValue = [.. keys] });

    /// <summary>A row of the statement: the key that it was found by, and what was found.</summary>
    protected abstract (TKey Key, TFound Found) Read(NpgsqlDataReader row);

    /// <summary>What stands under the key; null while it was not read yet, and it is wanted then.</summary>
    protected IReadOnlyList<TFound>? Find(TKey key)
    {
        if (_known.TryGetValue(key, out var found))
            return found;
        _wants.Add(key);
        return null;
    }

    /// <summary>Whether the key was read.</summary>
    protected bool IsKnown(TKey key) => _known.ContainsKey(key);

    /// <summary>What stands under the key.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it: the command's plan and its decision disagree.</exception>
    protected IReadOnlyList<TFound> Of(TKey key) => _known[key];

    public NpgsqlBatchCommand Read()
    {
        var command = new NpgsqlBatchCommand(Sql);
        AddKeys(command.Parameters, _wants);
        if (At is { } at)
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = at });
        return command;
    }

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        foreach (var key in _wants)
            _known[key] = [];
        _wants.Clear();
        while (await reader.ReadAsync())
        {
            var (key, found) = Read(reader);
            _known[key].Add(found);
        }
    }
}
