using System.Collections.Frozen;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>The account to which credits flow on that come back to the budget of an ended programme.</summary>
/// <param name="Kind">A budget above, or the tree's breakage.</param>
/// <param name="OwnerId">The programme that owns it.</param>
public readonly record struct ReturnAccount(AccountKind Kind, Guid OwnerId)
{
    public Guid Id => AccountIds.Of(Kind, LedgerUnit.Credit, OwnerId);

    /// <summary>For each budget of an ended programme, by its account's id.</summary>
    public static FrozenDictionary<Guid, ReturnAccount> All(TreeId tree, FrozenDictionary<Guid, ProgrammeConfig> programmes) =>
        programmes
            .Values.Where(one => one.HasEnded && one.BudgetProgrammeId == one.Id)
            .ToFrozenDictionary(one => AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, one.Id), one => Of(tree, programmes, one.Path));

    /// <summary>The budget of the nearest programme of a path that has not ended; the tree's breakage when all have.</summary>
    /// <param name="tree">The tree of the programmes.</param>
    /// <param name="programmes">All of the tree.</param>
    /// <param name="path">The programme, its parent, and so on up to the root.</param>
    public static ReturnAccount Of(TreeId tree, FrozenDictionary<Guid, ProgrammeConfig> programmes, IReadOnlyList<Guid> path)
    {
        bool HasEnded(Guid id) =>
            !programmes.TryGetValue(id, out var one)
            || one.HasEnded
            || (programmes.TryGetValue(one.BudgetProgrammeId, out var budget) && budget.HasEnded);
        foreach (var programme in path)
        {
            if (!HasEnded(programme))
                return new ReturnAccount(AccountKind.Budget, programmes[programme].BudgetProgrammeId);
        }

        return new ReturnAccount(AccountKind.Breakage, tree.Value);
    }
}
