namespace GpuGrants.Ledger.Posting;

/// <summary>A transfer that a book knows of, and how much of it was corrected so far.</summary>
internal sealed class KnownTransfer(Transfer transfer, long corrected)
{
    public Transfer Transfer { get; } = transfer;

    public long Corrected { get; set; } = corrected;
}
