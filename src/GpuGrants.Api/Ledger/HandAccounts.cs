using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Ledger;

/// <summary>What an account of a tree is: its kind and whose it is.</summary>
internal readonly record struct AccountName(AccountKind Kind, Guid OwnerId)
{
    /// <summary>
    /// Only credits outside of grants move by hand. Grants and GPU time move with decisions and usage, because quotas count with them.
    /// </summary>
    public bool MovesByHand => Kind is AccountKind.Issuance or AccountKind.Budget or AccountKind.Breakage or AccountKind.Earned;
}

/// <summary>Finds out what an account is that a call names by id, also before its first transfer.</summary>
internal sealed class HandAccounts(TreeChanges tree)
{
    private Dictionary<Guid, AccountName>? _names;

    /// <summary>Null when the account does not exist and no programme of the tree may have it.</summary>
    public AccountName? Find(Guid id)
    {
        if (tree.State.Book.TryGetAccount(id, out var account))
            return new AccountName(account.Kind, account.OwnerId);
        return (_names ??= Possible()).TryGetValue(id, out var name) ? name : null;
    }

    /// <summary>Makes the account if a programme may have it and has not used it so far.</summary>
    public void Ensure(Guid id)
    {
        if (id != Guid.Empty && tree.FindAccount(id) is null && Find(id) is { } name)
            tree.AccountOf(name.Kind, LedgerUnit.Credit, name.OwnerId);
    }

    /// <summary>Credits do not move to the budget of a programme that has ended. The programme's row must have been wanted.</summary>
    /// <param name="credit">The account that gains.</param>
    /// <param name="field">The field that names it.</param>
    public Refusal? CheckGainer(BatchState batch, Guid credit, string field) =>
        Find(credit) is { Kind: AccountKind.Budget } budget
        && batch.Rows<Programme>().Find(new RowKey(budget.OwnerId)) is { Status: "ended" }
            ? Refusal.Conflict("programme-ended", "The programme whose budget would gain has ended for good.", field)
            : null;

    private Dictionary<Guid, AccountName> Possible()
    {
        var names = new Dictionary<Guid, AccountName>();
        Add(AccountKind.Issuance, tree.RootProgrammeId);
        Add(AccountKind.Breakage, tree.RootProgrammeId);
        foreach (var programme in tree.Config.Programmes.Values.Where(one => one.BudgetProgrammeId == one.Id))
            Add(AccountKind.Budget, programme.Id);
        return names;

        void Add(AccountKind kind, Guid owner) => names[AccountIds.Of(kind, LedgerUnit.Credit, owner)] = new AccountName(kind, owner);
    }
}
