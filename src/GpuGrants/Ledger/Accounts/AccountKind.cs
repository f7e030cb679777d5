namespace GpuGrants.Ledger.Accounts;

/// <summary>What an account is for. The table in docs/architecture.md gives owner and flow of each.</summary>
public enum AccountKind
{
    /// <summary>Where sponsors' credits come from; its balance is minus all that was ever issued.</summary>
    Issuance,

    /// <summary>What a programme may still award.</summary>
    Budget,

    /// <summary>What was awarded and not yet used: one account for credits and one for GPU time per grant.</summary>
    Grant,

    /// <summary>The credits that a provider earned in this tree.</summary>
    Earned,

    /// <summary>Budgets that expired or were written off.</summary>
    Breakage,

    /// <summary>Where a provider's GPU time comes from; its balance is minus all that was ever put up.</summary>
    Supply,

    /// <summary>What an offer can still promise.</summary>
    Capacity,

    /// <summary>GPU time that was used.</summary>
    Delivered,

    /// <summary>Credits that a provider earned and that an organization disputes.</summary>
    Disputed,
}
