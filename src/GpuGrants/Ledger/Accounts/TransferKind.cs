namespace GpuGrants.Ledger.Accounts;

/// <summary>How a transfer moves an amount.</summary>
public enum TransferKind
{
    /// <summary>At once and for good.</summary>
    Posted,

    /// <summary>A hold: the amount is reserved on both accounts until it is posted, voided or expires.</summary>
    Pending,

    /// <summary>Ends a hold by moving all or part of it; the rest returns.</summary>
    Post,

    /// <summary>Ends a hold by returning all of it.</summary>
    Void,
}
