namespace GpuGrants.Ledger.Posting;

/// <summary>
/// What each kind of transfer does to the counters of its two accounts. The book and the audit both use it; there is no second arithmetic.
/// </summary>
public static class TransferEffect
{
    /// <summary>The counters of the account that loses.</summary>
    /// <param name="before">The counters before the transfer.</param>
    /// <param name="kind">How it moves the amount.</param>
    /// <param name="amount">What moves: for a post the part posted.</param>
    /// <param name="held">The whole amount of the hold that a post or void ends; not used otherwise.</param>
    public static Counters Debit(Counters before, TransferKind kind, long amount, long held) =>
        kind switch
        {
            TransferKind.Posted => before with { DebitsPosted = before.DebitsPosted + amount, Version = before.Version + 1 },
            TransferKind.Pending => before with { DebitsPending = before.DebitsPending + amount, Version = before.Version + 1 },
            TransferKind.Post => before with
            {
                DebitsPending = before.DebitsPending - held,
                DebitsPosted = before.DebitsPosted + amount,
                Version = before.Version + 1,
            },
            _ => before with { DebitsPending = before.DebitsPending - held, Version = before.Version + 1 },
        };

    /// <summary>The counters of the account that gains.</summary>
    /// <remarks>The parameters are those of <see cref="Debit"/>.</remarks>
    public static Counters Credit(Counters before, TransferKind kind, long amount, long held) =>
        kind switch
        {
            TransferKind.Posted => before with { CreditsPosted = before.CreditsPosted + amount, Version = before.Version + 1 },
            TransferKind.Pending => before with { CreditsPending = before.CreditsPending + amount, Version = before.Version + 1 },
            TransferKind.Post => before with
            {
                CreditsPending = before.CreditsPending - held,
                CreditsPosted = before.CreditsPosted + amount,
                Version = before.Version + 1,
            },
            _ => before with { CreditsPending = before.CreditsPending - held, Version = before.Version + 1 },
        };
}
