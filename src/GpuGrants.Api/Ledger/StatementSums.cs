namespace GpuGrants.Api.Ledger;

/// <summary>
/// The sums of a statement as decimals that satisfy opening + came − left = closing. A credit has 3,600,000 units, so most amounts have no
/// exact decimal. Both balances are rounded as everywhere, and what moved takes up the difference.
/// </summary>
/// <param name="Opening">The balance at the beginning.</param>
/// <param name="Came">All that came.</param>
/// <param name="Left">All that left.</param>
/// <param name="Closing">The balance at the end.</param>
internal readonly record struct StatementSums(decimal Opening, decimal Came, decimal Left, decimal Closing)
{
    public static StatementSums Of(Counters opening, Counters closing, string unit)
    {
        var (start, end) = (AccountView.Amount(opening.Balance, unit), AccountView.Amount(closing.Balance, unit));
        // Where nothing moved in one direction, nothing is shown in it.
        var came =
            closing.DebitsPosted == opening.DebitsPosted
                ? end - start
                : AccountView.Amount(closing.CreditsPosted - opening.CreditsPosted, unit);
        return new StatementSums(start, came, start + came - end, end);
    }
}
