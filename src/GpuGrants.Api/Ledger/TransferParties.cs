using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Independence;

namespace GpuGrants.Api.Ledger;

/// <summary>Whom credits benefit that people move.</summary>
internal static class TransferParties
{
    /// <summary>The provider that earns, or the programme whose budget gains from another's.</summary>
    public static IReadOnlyList<Party> Of(TreeChanges tree, Guid debit, Guid credit)
    {
        var names = new HandAccounts(tree);
        return names.Find(credit) switch
        {
            { Kind: AccountKind.Earned } earned => [Party.Provider(earned.OwnerId)],
            { Kind: AccountKind.Budget } budget =>
            [
                Party.Programme(
                    PathOf(tree, budget.OwnerId),
                    names.Find(debit) is { Kind: AccountKind.Budget } payer ? PathOf(tree, payer.OwnerId) : []
                ),
            ],
            _ => [],
        };
    }

    private static IReadOnlyList<Guid> PathOf(TreeChanges tree, Guid programme) =>
        tree.Config.Programmes.TryGetValue(programme, out var config) ? config.Path : [programme];
}
