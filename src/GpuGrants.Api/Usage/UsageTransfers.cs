using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Units;

namespace GpuGrants.Api.Usage;

/// <summary>The chains that move what usage charges, with its credits: both or neither.</summary>
internal static class UsageTransfers
{
    /// <summary>Wants the accounts that the chains move.</summary>
    public static void Plan(TreeChanges tree, Grant grant)
    {
        tree.WantAccount(grant.TimeAccountId);
        tree.WantAccount(grant.CreditAccountId);
        tree.WantAccount(AccountIds.Of(AccountKind.Delivered, LedgerUnit.Gpu(grant.GpuModelId), grant.ProviderId));
        tree.WantAccount(AccountIds.Of(AccountKind.Earned, LedgerUnit.Credit, grant.ProviderId));
    }

    /// <summary>From the grant to its provider.</summary>
    /// <param name="tree">The grant's tree.</param>
    /// <param name="grant">The grant.</param>
    /// <param name="actor">Who reports.</param>
    /// <param name="id">The id of the transfer that moves the time.</param>
    /// <param name="seconds">More than 0 GPU-seconds.</param>
    /// <param name="reason">A code of <see cref="TransferReasons"/>.</param>
    public static List<TransferOrder> Charge(TreeChanges tree, Grant grant, Actor actor, Guid id, long seconds, string reason) =>
        Chain(tree, grant, actor, id, seconds, reason, toProvider: true);

    /// <summary>Back from the provider to the grant; the same parameters.</summary>
    public static List<TransferOrder> TakeBack(TreeChanges tree, Grant grant, Actor actor, Guid id, long seconds, string reason) =>
        Chain(tree, grant, actor, id, seconds, reason, toProvider: false);

    private static List<TransferOrder> Chain(
        TreeChanges tree,
        Grant grant,
        Actor actor,
        Guid id,
        long seconds,
        string reason,
        bool toProvider
    )
    {
        var context = actor.About(grant.RequestId, grant.Id, grant.ProgrammeId);
        TransferOrder Move(Guid one, AccountKind providers, LedgerUnit unit, long amount)
        {
            var (granted, provided) = (
                tree.AccountOf(AccountKind.Grant, unit, grant.Id),
                tree.AccountOf(providers, unit, grant.ProviderId)
            );
            return toProvider
                ? TransferOrder.Posted(one, granted, provided, amount, reason, context)
                : TransferOrder.Posted(one, provided, granted, amount, reason, context);
        }

        var chain = new List<TransferOrder> { Move(id, AccountKind.Delivered, LedgerUnit.Gpu(grant.GpuModelId), seconds) };
        if (grant.CostOf(GpuTime.FromSeconds(seconds)).Units is > 0 and var credits)
            chain.Add(Move(Guid.CreateVersion7(tree.At), AccountKind.Earned, LedgerUnit.Credit, credits));
        return chain;
    }
}
