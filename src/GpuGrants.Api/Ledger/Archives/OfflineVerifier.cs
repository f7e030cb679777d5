using System.Security.Cryptography;
using System.Text.Json;

namespace GpuGrants.Api.Ledger.Archives;

/// <summary>What the verification of an export looked at and found.</summary>
/// <param name="ExportedAt">When the export was written.</param>
/// <param name="ManifestSha256">The hash to compare with the one that was kept when it was written.</param>
/// <param name="Trees">Each tree's report.</param>
/// <param name="Files">What is wrong with the files themselves.</param>
public sealed record OfflineReport(
    DateTimeOffset? ExportedAt,
    string ManifestSha256,
    IReadOnlyList<AuditReport> Trees,
    IReadOnlyList<Finding> Files
);

/// <summary>Verifies an export by its files alone: their hashes, and everything that an audit of the database recomputes.</summary>
public static class OfflineVerifier
{
    /// <summary>Verifies the export in a directory. Memory grows with accounts, holds and blocks, not with transfers.</summary>
    /// <exception cref="InvalidOperationException">There is no export, or one of a later format.</exception>
    public static async Task<OfflineReport> VerifyAsync(string directory, CancellationToken cancellation = default)
    {
        if (!File.Exists(Path.Combine(directory, LedgerFiles.Trees)))
            throw new InvalidOperationException($"{directory} has no {LedgerFiles.Trees}: name the directory of an export.");
        var files = new List<Finding>();
        var (exportedAt, manifest) = await CheckFilesAsync(directory, files, cancellation);
        var audits = await OpenAsync(directory, files);
        await foreach (var transfer in TransfersAsync(directory, files.Add))
        {
            if (audits.TryGetValue(transfer.RootProgrammeId, out var audit))
                audit.Take(transfer);
            else
                files.Add(
                    new Finding(
                        FindingCodes.TransferInserted,
                        $"Transfer {transfer.Id} belongs to a tree that {LedgerFiles.Trees} does not name.",
                        transfer.RootProgrammeId,
                        transfer.Sequence,
                        transfer.Id
                    )
                );
        }

        var corrected = audits.Values.SelectMany(audit => audit.EndTransfers()).ToHashSet();
        var originals = new List<Transfer>();
        if (corrected.Count > 0)
            await foreach (var one in TransfersAsync(directory, _ => { }))
                if (corrected.Contains(one.Id))
                    originals.Add(one);
        var holds = (
            await ListAsync<HoldRow, (Guid Root, Hold Hold)>(
                directory,
                LedgerFiles.Holds,
                row => (row.RootProgrammeId, row.ToHold()),
                files
            )
        ).ToLookup(one => one.Root, one => one.Hold);
        CheckTrees(holds.Select(group => group.Key), LedgerFiles.Holds, audits, files);
        var reports = new List<AuditReport>();
        foreach (var (root, audit) in audits)
        {
            reports.Add(audit.Finish([.. holds[root]], [.. originals.Where(one => one.RootProgrammeId == root)]));
            audit.Dispose();
        }

        return new OfflineReport(exportedAt, manifest, reports, files);
    }

    private static async Task<Dictionary<Guid, LedgerAudit>> OpenAsync(string directory, List<Finding> files)
    {
        var trees = await ListAsync<TreeLine, TreeLine>(directory, LedgerFiles.Trees, line => line, files);
        var accounts = (await ListAsync<AccountRow, Account>(directory, LedgerFiles.Accounts, row => row.ToAccount(), files)).ToLookup(
            account => account.RootProgrammeId
        );
        var blocks = (await ListAsync<LedgerBlockRow, LedgerBlock>(directory, LedgerFiles.Blocks, row => row.ToBlock(), files)).ToLookup(
            block => block.RootProgrammeId
        );
        var audits = new Dictionary<Guid, LedgerAudit>();
        foreach (var tree in trees)
        {
            List<LedgerBlock> own = [.. blocks[tree.RootProgrammeId]];
            if (
                !audits.TryAdd(
                    tree.RootProgrammeId,
                    new LedgerAudit(tree.RootProgrammeId, tree.TransferSequence, [.. accounts[tree.RootProgrammeId]], own)
                )
            )
                files.Add(
                    new Finding(
                        FindingCodes.FileChanged,
                        $"{LedgerFiles.Trees} names tree {tree.RootProgrammeId} twice.",
                        tree.RootProgrammeId
                    )
                );
            if (own.Count != tree.Blocks || !(own.Count == 0 ? BlockHash.Origin : own[^1].Hash).Span.SequenceEqual(tree.LastHash))
                files.Add(
                    new Finding(
                        FindingCodes.BlockMissing,
                        $"Tree {tree.RootProgrammeId} has {tree.Blocks} blocks, which end with hash "
                            + $"{Convert.ToHexStringLower(tree.LastHash)}, by {LedgerFiles.Trees}; {LedgerFiles.Blocks} has others.",
                        tree.RootProgrammeId,
                        BlockNumber: tree.Blocks
                    )
                );
        }

        CheckTrees(accounts.Select(group => group.Key), LedgerFiles.Accounts, audits, files);
        CheckTrees(blocks.Select(group => group.Key), LedgerFiles.Blocks, audits, files);
        return audits;
    }

    private static void CheckTrees(IEnumerable<Guid> roots, string file, Dictionary<Guid, LedgerAudit> audits, List<Finding> files)
    {
        foreach (var root in roots.Where(root => !audits.ContainsKey(root)))
            files.Add(
                new Finding(FindingCodes.FileChanged, $"{file} has lines of tree {root}, which {LedgerFiles.Trees} does not name.", root)
            );
    }

    private static IAsyncEnumerable<Transfer> TransfersAsync(string directory, Action<Finding> found) =>
        LineReader.ReadAsync<TransferRow, Transfer>(directory, LedgerFiles.Transfers, row => row.ToTransfer(), found);

    private static async Task<List<TRow>> ListAsync<TLine, TRow>(string directory, string name, Func<TLine, TRow> map, List<Finding> files)
    {
        var rows = new List<TRow>();
        await foreach (var row in LineReader.ReadAsync(directory, name, map, files.Add))
            rows.Add(row);
        return rows;
    }

    /// <summary>Compares every file with the manifest.</summary>
    private static async Task<(DateTimeOffset? ExportedAt, string Sha256)> CheckFilesAsync(
        string directory,
        List<Finding> files,
        CancellationToken cancellation
    )
    {
        var path = Path.Combine(directory, LedgerFiles.Manifest);
        var bytes = File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellation) : [];
        var manifest = Manifest(bytes);
        if (manifest is null)
            files.Add(new Finding(FindingCodes.FileChanged, $"{LedgerFiles.Manifest} is missing or cannot be read.", Guid.Empty));
        if (manifest is { Format: > LedgerFiles.Format })
            throw new InvalidOperationException(
                $"The export has format {manifest.Format}; this program knows {LedgerFiles.Format}. Take a newer one."
            );
        foreach (var name in LedgerFiles.All)
        {
            var said = manifest?.Files.FirstOrDefault(file => file.Name == name);
            if (manifest is not null && said?.Sha256 != await HashAsync(Path.Combine(directory, name), cancellation))
                files.Add(new Finding(FindingCodes.FileChanged, $"{name} is not the file that was exported.", Guid.Empty));
        }

        return (manifest?.ExportedAt, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private static ExportManifest? Manifest(byte[] bytes)
    {
        try
        {
            return bytes.Length == 0 ? null : JsonSerializer.Deserialize<ExportManifest>(bytes, LedgerLines.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<string?> HashAsync(string path, CancellationToken cancellation)
    {
        if (!File.Exists(path))
            return null;
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }
}
