using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// The rows of one table that a batch reads by key and writes: each key is read at most once, all wanted keys of a round in one statement.
/// </summary>
public sealed class BatchRows<TRow>(RowMap<TRow> map, HashSet<Guid> authorityChanged, List<IPromisesGpus> touched)
    : IBatchReads,
        IBatchWrites
    where TRow : class, new()
{
    private readonly Dictionary<RowKey, TRow?> _rows = [];
    private readonly HashSet<RowKey> _wants = [];
    private readonly List<TRow> _inserts = [];
    private readonly HashSet<TRow> _inserted = new(ReferenceEqualityComparer.Instance);
    private readonly List<TRow> _updates = [];
    private readonly List<TRow> _deletes = [];
    private readonly HashSet<TRow> _updated = new(ReferenceEqualityComparer.Instance);

    public bool HasWants => _wants.Count > 0;

    public bool WritesLast => false;

    public Type? Written => _inserts.Count + _updates.Count + _deletes.Count > 0 ? typeof(TRow) : null;

    /// <summary>The rows that this batch inserts.</summary>
    public IReadOnlyList<TRow> Inserts => _inserts;

    /// <summary>The rows that this batch inserts or changes.</summary>
    public IEnumerable<TRow> Changed => _inserts.Concat(_updates);

    /// <summary>Asks for the row unless its key was read before, including known-missing keys.</summary>
    public void Want(RowKey key)
    {
        if (!_rows.ContainsKey(key))
            _wants.Add(key);
    }

    /// <summary>False when the row was not read yet; it is wanted then.</summary>
    public bool TryRead(RowKey key, out TRow? row)
    {
        if (_rows.TryGetValue(key, out row))
            return true;
        _wants.Add(key);
        return false;
    }

    /// <summary>The row, or null when there is none.</summary>
    /// <exception cref="InvalidOperationException">Nobody wanted this key: the command's plan and its decision disagree.</exception>
    public TRow? Find(RowKey key) =>
        _rows.TryGetValue(key, out var row)
            ? row
            : throw new InvalidOperationException($"A decision looked for {typeof(TRow).Name} {key}, which was not planned.");

    /// <summary>The row if it was read or inserted; null also when nobody asked for it.</summary>
    public TRow? FindKnown(RowKey key) => _rows.GetValueOrDefault(key);

    public void Insert(TRow row)
    {
        _rows[map.KeyOf(row)] = row;
        if (!_inserted.Add(row))
            return;
        _inserts.Add(row);
        if (row is IPromisesGpus promising)
            touched.Add(promising);
    }

    /// <summary>Has the rows inserted in the order of what <paramref name="by"/> gives.</summary>
    public void OrderInserts<TOrder>(Func<TRow, TOrder> by)
        where TOrder : IComparable<TOrder> => _inserts.Sort((one, other) => by(one).CompareTo(by(other)));

    /// <summary>Records that a row which was read has changed.</summary>
    public void Update(TRow row)
    {
        if (!_inserted.Contains(row) && _updated.Add(row))
        {
            _updates.Add(row);
            if (row is IPromisesGpus promising)
                touched.Add(promising);
        }

        if (row is IAuthorizes one)
            authorityChanged.Add(one.HolderId);
    }

    /// <summary>Removes a row that was read.</summary>
    public void Delete(TRow row)
    {
        _rows[map.KeyOf(row)] = null;
        _deletes.Add(row);
        if (row is IAuthorizes one)
            authorityChanged.Add(one.HolderId);
    }

    public NpgsqlBatchCommand Read() => map.Select([.. _wants]);

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        foreach (var key in _wants)
            _rows[key] = null;
        _wants.Clear();
        while (await reader.ReadAsync())
        {
            var row = map.Read(reader);
            _rows[map.KeyOf(row)] = row;
        }
    }

    public void AddWrites(NpgsqlBatch batch)
    {
        if (_inserts.Count > 0)
            batch.BatchCommands.Add(map.Insert(_inserts));
        if (_deletes.Count > 0)
            batch.BatchCommands.Add(map.Delete(_deletes));
        if (_updates.Count > 0)
            batch.BatchCommands.Add(map.Update(_updates));
    }
}
