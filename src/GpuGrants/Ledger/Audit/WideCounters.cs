namespace GpuGrants.Ledger.Audit;

/// <summary>Counters for audits: their sums do not overflow, whatever somebody wrote into a row.</summary>
internal readonly record struct WideCounters(
    Int128 DebitsPending,
    Int128 DebitsPosted,
    Int128 CreditsPending,
    Int128 CreditsPosted,
    Int128 Version
)
{
    public Int128 Available => CreditsPosted - DebitsPosted - DebitsPending;

    public Int128 Balance => CreditsPosted - DebitsPosted;

    public static WideCounters Of(Counters counters) =>
        new(counters.DebitsPending, counters.DebitsPosted, counters.CreditsPending, counters.CreditsPosted, counters.Version);

    /// <summary>The counters of the account that loses; see <see cref="TransferEffect.Debit"/>.</summary>
    public WideCounters Debit(TransferKind kind, Int128 amount, Int128 held)
    {
        var (pending, posted) = Change(kind, amount, held);
        return this with { DebitsPending = DebitsPending + pending, DebitsPosted = DebitsPosted + posted, Version = Version + 1 };
    }

    /// <summary>The counters of the account that gains; see <see cref="TransferEffect.Credit"/>.</summary>
    public WideCounters Credit(TransferKind kind, Int128 amount, Int128 held)
    {
        var (pending, posted) = Change(kind, amount, held);
        return this with { CreditsPending = CreditsPending + pending, CreditsPosted = CreditsPosted + posted, Version = Version + 1 };
    }

    public override string ToString() =>
        $"debits {DebitsPending} pending and {DebitsPosted} posted, credits {CreditsPending} pending and {CreditsPosted} "
        + $"posted, version {Version}";

    private static (Int128 Pending, Int128 Posted) Change(TransferKind kind, Int128 amount, Int128 held) =>
        kind switch
        {
            TransferKind.Posted => (0, amount),
            TransferKind.Pending => (amount, 0),
            TransferKind.Post => (-held, amount),
            _ => (-held, 0),
        };
}
