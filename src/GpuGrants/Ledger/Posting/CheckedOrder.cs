namespace GpuGrants.Ledger.Posting;

/// <summary>An order with all that it names found and found to be in order: nothing can fail from here on.</summary>
internal readonly record struct CheckedOrder(Account Debit, Account Credit, long Amount, Hold? Hold, KnownTransfer? Corrected);
