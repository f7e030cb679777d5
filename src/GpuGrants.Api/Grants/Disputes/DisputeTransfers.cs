using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;

namespace GpuGrants.Api.Grants.Disputes;

/// <summary>What a dispute moves: earned → disputed when it opens, and back when it is over.</summary>
internal static class DisputeTransfers
{
    public static void Plan(TreeChanges tree, Guid provider)
    {
        tree.WantAccount(AccountIds.Of(AccountKind.Earned, LedgerUnit.Credit, provider));
        tree.WantAccount(AccountIds.Of(AccountKind.Disputed, LedgerUnit.Credit, provider));
    }

    /// <summary>The chain that holds the credits; empty when there are none.</summary>
    public static List<TransferOrder> Hold(TreeChanges tree, Grant grant, Actor actor, long credits) =>
        Chain(tree, grant, actor, credits, AccountKind.Earned, AccountKind.Disputed, TransferReasons.Disputed);

    /// <summary>The chain that gives them back to the provider; empty when there are none.</summary>
    public static List<TransferOrder> Release(TreeChanges tree, Grant grant, Actor actor, long credits) =>
        Chain(tree, grant, actor, credits, AccountKind.Disputed, AccountKind.Earned, TransferReasons.DisputeEnded);

    private static List<TransferOrder> Chain(
        TreeChanges tree,
        Grant grant,
        Actor actor,
        long credits,
        AccountKind from,
        AccountKind to,
        string reason
    ) =>
        credits == 0
            ? []
            :
            [
                TransferOrder.Posted(
                    Guid.CreateVersion7(tree.At),
                    tree.AccountOf(from, LedgerUnit.Credit, grant.ProviderId),
                    tree.AccountOf(to, LedgerUnit.Credit, grant.ProviderId),
                    credits,
                    reason,
                    actor.About(grant.RequestId, grant.Id, grant.ProgrammeId)
                ),
            ];
}
