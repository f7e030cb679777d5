namespace GpuGrants.Api.Ledger.Archives;

/// <summary>The files of an export.</summary>
public static class LedgerFiles
{
    public const int Format = 1;
    public const string Manifest = "manifest.json";
    public const string Trees = "trees.jsonl";
    public const string Accounts = "accounts.jsonl";
    public const string Holds = "holds.jsonl";
    public const string Blocks = "blocks.jsonl";
    public const string Transfers = "transfers.jsonl";

    public static readonly string[] All = [Trees, Accounts, Holds, Blocks, Transfers];
}

/// <summary>A line of <c>trees.jsonl</c>.</summary>
/// <param name="TransferSequence">The number of its last transfer.</param>
/// <param name="SealedBlocks">Blocks that the service sealed; the export sealed the later ones, so that every row is under a seal.</param>
/// <param name="Blocks">All its blocks.</param>
/// <param name="LastHash">The last block's hash; 32 zero bytes when there is none.</param>
internal sealed record TreeLine(Guid RootProgrammeId, long TransferSequence, long SealedBlocks, long Blocks, byte[] LastHash);

/// <summary>What an export says of one of its files.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Lines">How many lines it has.</param>
/// <param name="Sha256">The SHA-256 of its bytes, in hexadecimal digits.</param>
internal sealed record FileLine(string Name, long Lines, string Sha256);

/// <summary><c>manifest.json</c>: what vouches for every byte of the other files.</summary>
internal sealed record ExportManifest(int Format, DateTimeOffset ExportedAt, IReadOnlyList<FileLine> Files);
