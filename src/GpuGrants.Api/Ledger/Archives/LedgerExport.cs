using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;

namespace GpuGrants.Api.Ledger.Archives;

/// <summary>
/// Writes the whole ledger, of one snapshot of the database, into files that an auditor can verify without it. Row by row: memory does not
/// grow with the ledger.
/// </summary>
public sealed class LedgerExport : IAsyncDisposable
{
    private readonly LineWriter _trees;
    private readonly LineWriter _accounts;
    private readonly LineWriter _holds;
    private readonly LineWriter _blocks;
    private readonly LineWriter _transfers;
    private readonly string _directory;
    private readonly DateTimeOffset _at;

    private LedgerExport(string directory, DateTimeOffset at)
    {
        (_directory, _at) = (directory, at);
        (_trees, _accounts, _holds, _blocks, _transfers) = (
            Writer(LedgerFiles.Trees),
            Writer(LedgerFiles.Accounts),
            Writer(LedgerFiles.Holds),
            Writer(LedgerFiles.Blocks),
            Writer(LedgerFiles.Transfers)
        );

        LineWriter Writer(string name) => new(directory, name);
    }

    private IEnumerable<LineWriter> Writers => [_trees, _accounts, _holds, _blocks, _transfers];

    /// <summary>Writes an export and returns the SHA-256 of its manifest, which vouches for all of it.</summary>
    /// <param name="connection">To the database.</param>
    /// <param name="directory">A directory that is empty or not there yet.</param>
    /// <param name="at">When.</param>
    /// <param name="cancellation">Ends it; what is written then is no export, because the manifest comes last.</param>
    /// <exception cref="InvalidOperationException">The directory has files, or a row cannot be read.</exception>
    public static async Task<string> WriteAsync(
        NpgsqlConnection connection,
        string directory,
        DateTimeOffset at,
        CancellationToken cancellation = default
    )
    {
        Directory.CreateDirectory(directory);
        if (Directory.EnumerateFileSystemEntries(directory).Any())
            throw new InvalidOperationException($"{directory} is not empty. Name an empty or new directory.");
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        await using var export = new LedgerExport(directory, at);
        foreach (var (root, last) in await LedgerRecords.TreesAsync(connection, cancellation))
            await export.WriteAsync(connection, root, last, cancellation);
        return await export.FinishAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var writer in Writers)
            await writer.DisposeAsync();
    }

    private static TRow Readable<TRow>(Read<TRow> one)
        where TRow : class => one.Row ?? throw new InvalidOperationException($"Row {one.Id} cannot be read ({one.Problem}); run verify.");

    private async Task WriteAsync(NpgsqlConnection connection, Guid root, long last, CancellationToken cancellation)
    {
        await foreach (var one in LedgerRecords.AccountsAsync(connection, root, cancellation))
            await _accounts.WriteAsync(AccountRow.Of(Readable(one)), cancellation);
        await foreach (var one in LedgerRecords.OpenHoldsAsync(connection, root, cancellation))
            await _holds.WriteAsync(HoldRow.Of(root, Readable(one)), cancellation);
        var (number, until, previous) = (0L, 0L, BlockHash.Origin.ToArray());
        await foreach (var one in LedgerRecords.BlocksAsync(connection, root, cancellation))
        {
            var block = Readable(one);
            await _blocks.WriteAsync(block, cancellation);
            (number, until, previous) = (block.Number, block.LastSequence, block.Hash);
        }

        var made = new BlockMaker(root, number, until, previous, _at);
        using (made)
        {
            await foreach (var one in LedgerRecords.TransfersAsync(connection, root, cancellation))
            {
                var transfer = Readable(one);
                await _transfers.WriteAsync(TransferRow.Of(transfer), cancellation);
                if (made.Take(transfer) is { } full)
                    await _blocks.WriteAsync(full, cancellation);
            }

            if (made.Finish() is { } rest)
                await _blocks.WriteAsync(rest, cancellation);
            await _trees.WriteAsync(new TreeLine(root, last, number, made.Number, made.LastHash), cancellation);
        }
    }

    private async Task<string> FinishAsync(CancellationToken cancellation)
    {
        var files = new List<FileLine>();
        foreach (var writer in Writers)
            files.Add(await writer.FinishAsync(cancellation));
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new ExportManifest(LedgerFiles.Format, _at, files), LedgerLines.Options);
        await File.WriteAllBytesAsync(Path.Combine(_directory, LedgerFiles.Manifest), bytes, cancellation);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
