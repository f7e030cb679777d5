using Npgsql;

namespace GpuGrants.Api.Ledger.Archives;

/// <summary>
/// An export's transfers, merged into those that a database still has: months that were detached are read from the export. Only what is
/// older than the oldest month that is attached counts as archived, so that an export never fills in for a row that somebody deleted.
/// </summary>
internal sealed class ArchivedTransfers : IAsyncDisposable
{
    private const string OldestSql = """
        select ledger_first_id(min(to_date(right(c.relname, 7), 'YYYY_MM'))::timestamp at time zone 'UTC')
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'transfers'::regclass and c.relname ~ '^transfers_[0-9]{4}_[0-9]{2}$' and not i.inhdetachpending
        """;

    private readonly string _directory;
    private readonly Guid _oldest;
    private readonly IAsyncEnumerator<Transfer> _lines;
    private bool _isBegun;
    private bool _isAtEnd;

    private ArchivedTransfers(string directory, Guid oldest, Action<Finding> found)
    {
        (_directory, _oldest) = (directory, oldest);
        _lines = ReadAsync(found).GetAsyncEnumerator();
    }

    /// <summary>Opens an export.</summary>
    /// <param name="connection">Tells which months are attached.</param>
    /// <param name="directory">The export's.</param>
    /// <param name="found">Is told of lines that cannot be read.</param>
    /// <exception cref="InvalidOperationException">There is no export.</exception>
    public static async Task<ArchivedTransfers> OpenAsync(
        NpgsqlConnection connection,
        string directory,
        Action<Finding> found,
        CancellationToken cancellation
    )
    {
        if (!File.Exists(Path.Combine(directory, LedgerFiles.Transfers)))
            throw new InvalidOperationException($"{directory} has no {LedgerFiles.Transfers}: name the directory of an export.");
        await using var command = new NpgsqlCommand(OldestSql, connection);
        return new ArchivedTransfers(directory, await command.ExecuteScalarAsync(cancellation) is Guid oldest ? oldest : Guid.Empty, found);
    }

    /// <summary>A tree's transfers of both, in order of their numbers. Trees come in order of their ids.</summary>
    public async IAsyncEnumerable<Read<Transfer>> MergeAsync(Guid root, IAsyncEnumerable<Read<Transfer>> rows)
    {
        await foreach (var row in rows)
        {
            for (; await NextAsync(root) is { } archived && archived.Sequence <= (row.Row?.Sequence ?? row.Sequence); await MoveAsync())
                if (row.Row != archived && IsArchived(archived))
                    yield return new Read<Transfer>(archived);
            yield return row;
        }

        for (; await NextAsync(root) is { } archived; await MoveAsync())
            if (IsArchived(archived))
                yield return new Read<Transfer>(archived);
    }

    /// <summary>The archived transfers with one of these ids.</summary>
    public async Task<List<Transfer>> WithIdsAsync(IReadOnlyCollection<Guid> ids)
    {
        var found = new List<Transfer>();
        if (ids.Count == 0)
            return found;
        await foreach (var one in ReadAsync(_ => { }))
            if (IsArchived(one) && ids.Contains(one.Id))
                found.Add(one);
        return found;
    }

    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private IAsyncEnumerable<Transfer> ReadAsync(Action<Finding> found) =>
        LineReader.ReadAsync<TransferRow, Transfer>(_directory, LedgerFiles.Transfers, row => row.ToTransfer(), found);

    private bool IsArchived(Transfer transfer) => transfer.Id.CompareTo(_oldest) < 0;

    /// <summary>The next transfer of the tree; null when it has no more.</summary>
    private async ValueTask<Transfer?> NextAsync(Guid root)
    {
        if (!_isBegun)
            await MoveAsync();
        while (!_isAtEnd && _lines.Current.RootProgrammeId.CompareTo(root) < 0)
            await MoveAsync();
        return !_isAtEnd && _lines.Current.RootProgrammeId == root ? _lines.Current : null;
    }

    private async ValueTask MoveAsync() => (_isBegun, _isAtEnd) = (true, !await _lines.MoveNextAsync());
}
