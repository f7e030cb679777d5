namespace GpuGrants.Ledger.Accounts;

/// <summary>The four counters of an account and the number of transfers that made them: a snapshot.</summary>
/// <param name="DebitsPending">What open holds would take.</param>
/// <param name="DebitsPosted">All that ever left.</param>
/// <param name="CreditsPending">What open holds would bring.</param>
/// <param name="CreditsPosted">All that ever came.</param>
/// <param name="Version">How many transfers touched the account.</param>
public readonly record struct Counters(long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted, long Version)
{
    /// <summary>What may still leave: posted credits less posted and pending debits. Negative for sources.</summary>
    public long Available => CreditsPosted - DebitsPosted - DebitsPending;

    /// <summary>Posted credits less posted debits, holds left aside.</summary>
    public long Balance => CreditsPosted - DebitsPosted;
}
