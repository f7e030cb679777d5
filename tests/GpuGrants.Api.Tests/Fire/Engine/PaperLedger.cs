namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>The ledger without pipeline, database or memory: one chain after the other.</summary>
internal sealed class PaperLedger(Guid tree)
{
    private readonly Book _book = new(tree);

    /// <summary>The number of the last transfer.</summary>
    public long Sequence { get; private set; }

    /// <summary>The refusal's code; null when the chain was recorded.</summary>
    public string? Take(IReadOnlyList<Step> chain, DateTimeOffset at)
    {
        var orders = chain.Select(step => step.Order(owner => AccountOf(owner, at), at)).ToList();
        if (!_book.TryPost(orders, Sequence + 1, at, out var recorded, out var refusal))
            return refusal.Code;
        Sequence += recorded.Count;
        return null;
    }

    private Account AccountOf(Guid owner, DateTimeOffset at)
    {
        var kind = Step.KindOf(owner, tree);
        _book.Add(new Account(tree, AccountIds.Of(kind, LedgerUnit.Credit, owner), kind, LedgerUnit.Credit, owner, at));
        return _book.TryGetAccount(AccountIds.Of(kind, LedgerUnit.Credit, owner), out var account)
            ? account
            : throw new InvalidOperationException($"No account of {owner}.");
    }
}
