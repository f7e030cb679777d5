using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// What the commands of a batch look up beside the rows that they write, such as counts. Each key is read at most once, all keys of a
/// round in one statement. A kind of lookup says in its own words what its keys are, and writes nothing.
/// </summary>
/// <param name="absent">What is found for a key without a row; null when the statement has a row for each key.</param>
public abstract class Lookups<TKey, TFound>(Func<TKey, TFound>? absent = null) : PendingRows
    where TKey : notnull
{
    private readonly Dictionary<TKey, TFound> _found = [];
    private readonly HashSet<TKey> _wants = [];

    public sealed override bool HasWants => _wants.Count > 0;

    /// <summary>Asks for what belongs to the key, unless it was read before.</summary>
    /// <returns>Whether it was.</returns>
    protected bool Ask(TKey key, [MaybeNullWhen(false)] out TFound found)
    {
        if (_found.TryGetValue(key, out found))
            return true;
        _wants.Add(key);
        return false;
    }

    /// <summary>Asks for what belongs to the key, unless it was read before.</summary>
    protected void Ask(TKey key) => Ask(key, out _);

    /// <summary>What belongs to the key.</summary>
    /// <exception cref="InvalidOperationException">Nobody asked for it: the command's plan and its decision disagree.</exception>
    protected TFound Found(TKey key) =>
        _found.TryGetValue(key, out var found)
            ? found
            : throw new InvalidOperationException($"{GetType().Name} of {key} were not planned.");

    /// <summary>Whether it was read, or made by this batch.</summary>
    protected bool IsKnown(TKey key) => _found.ContainsKey(key);

    /// <summary>What belongs to the key is known: read, or made by this batch.</summary>
    protected void Know(TKey key, TFound found) => _found[key] = found;

    /// <summary>The statement that reads what belongs to the keys.</summary>
    protected abstract NpgsqlBatchCommand Read(IReadOnlyCollection<TKey> keys);

    /// <summary>Takes the row on which the reader stands.</summary>
    protected abstract void Take(NpgsqlDataReader row);

    /// <summary>A parameter with one value per key.</summary>
    protected static NpgsqlParameter Each<TValue>(IEnumerable<TValue> values) => new NpgsqlParameter<TValue[]> { TypedValue = [.. values] };

    public sealed override NpgsqlBatchCommand Read() => Read(_wants);

    public sealed override async Task TakeAsync(NpgsqlDataReader reader)
    {
        if (absent is not null)
            foreach (var key in _wants)
                _found[key] = absent(key);
        _wants.Clear();
        while (await reader.ReadAsync())
            Take(reader);
    }

    /// <summary>It only reads.</summary>
    public sealed override void AddWrites(NpgsqlBatch batch) { }
}
