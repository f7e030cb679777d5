namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>
/// One transfer of a call, as it was sent: accounts that it leaves to a hold or to a corrected transfer are not filled in.
/// </summary>
/// <param name="Order">As it was sent, so that a repetition compares with what was sent first.</param>
/// <param name="Linked">Whether the next one of the call belongs to the same chain.</param>
public sealed record HandTransfer(TransferOrder Order, bool Linked)
{
    public Guid Id => Order.Id;

    /// <summary>The call's transfers as chains: each linked one with those after it, up to and with the first that is not.</summary>
    public static IEnumerable<IReadOnlyList<HandTransfer>> Chains(IReadOnlyList<HandTransfer> all)
    {
        var chain = new List<HandTransfer>();
        foreach (var one in all)
        {
            chain.Add(one);
            if (one.Linked)
                continue;
            yield return chain;
            chain = [];
        }
    }
}
