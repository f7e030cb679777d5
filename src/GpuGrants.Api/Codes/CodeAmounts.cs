using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;

namespace GpuGrants.Api.Codes;

/// <summary>The ledger's part of codes: what a batch reserves goes to accounts of its own, and comes back from there.</summary>
internal static class CodeAmounts
{
    /// <summary>Wants the accounts of a batch that was minted before.</summary>
    public static void Plan(TreeChanges tree, CodeBatch batch)
    {
        tree.WantAccount(batch.TimeAccountId);
        tree.WantAccount(batch.CreditAccountId);
        tree.WantAccount(AccountIds.Of(AccountKind.Capacity, LedgerUnit.Gpu(batch.GpuModelId), batch.OfferId));
        tree.WantAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, batch.BudgetProgrammeId));
    }

    /// <summary>Reserves what all codes of a new batch need. The balances were checked.</summary>
    public static void Reserve(TreeChanges tree, CodeBatch batch, Actor actor)
    {
        var unit = LedgerUnit.Gpu(batch.GpuModelId);
        List<(Account From, Account To, long Amount)> moves =
        [
            (
                tree.AccountOf(AccountKind.Capacity, unit, batch.OfferId),
                tree.AccountOf(AccountKind.Codes, unit, batch.Id, isNew: true),
                batch.GpuSeconds * batch.Count
            ),
        ];
        if (batch.Credits > 0)
            moves.Add(
                (
                    tree.AccountOf(AccountKind.Budget, LedgerUnit.Credit, batch.BudgetProgrammeId),
                    tree.AccountOf(AccountKind.Codes, LedgerUnit.Credit, batch.Id, isNew: true),
                    batch.Credits * batch.Count
                )
            );
        Move(tree, batch, actor, TransferReasons.Reserve, moves);
    }

    /// <summary>Frees what was reserved for some codes: the one that is redeemed, or all that nobody redeemed.</summary>
    public static void Release(TreeChanges tree, CodeBatch batch, int codes, Actor actor)
    {
        if (codes == 0)
            return;
        var unit = LedgerUnit.Gpu(batch.GpuModelId);
        List<(Account From, Account To, long Amount)> moves =
        [
            (
                tree.AccountOf(AccountKind.Codes, unit, batch.Id),
                tree.AccountOf(AccountKind.Capacity, unit, batch.OfferId),
                batch.GpuSeconds * codes
            ),
        ];
        if (batch.Credits > 0)
            moves.Add(
                (
                    tree.AccountOf(AccountKind.Codes, LedgerUnit.Credit, batch.Id),
                    tree.AccountOf(AccountKind.Budget, LedgerUnit.Credit, batch.BudgetProgrammeId),
                    batch.Credits * codes
                )
            );
        Move(tree, batch, actor, TransferReasons.Release, moves);
    }

    private static void Move(
        TreeChanges tree,
        CodeBatch batch,
        Actor actor,
        string reason,
        List<(Account From, Account To, long Amount)> moves
    )
    {
        var context = new TransferContext(
            ProgrammeId: batch.ProgrammeId,
            ActorId: actor.IsService ? null : actor.PrincipalId,
            ClientId: actor.ClientId,
            OnBehalfOf: actor.OnBehalfOf
        );
        tree.Post([
            .. moves.Select(one => TransferOrder.Posted(Guid.CreateVersion7(tree.At), one.From, one.To, one.Amount, reason, context)),
        ]);
    }
}
