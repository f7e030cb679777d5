namespace GpuGrants.Ledger.Posting;

/// <summary>
/// A refusal that sticks: the order under a client's own id, and the answer that it keeps getting even if the balance has since grown.
/// </summary>
public sealed record RefusedTransfer(TransferOrder Order, LedgerRefusal Refusal, DateTimeOffset CreatedAt);
