using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Units;

namespace GpuGrants.Api.Grants;

/// <summary>
/// Ends a grant: its organization closes it, an administrator revokes it, or it has expired. What is unused goes back to budget and offer.
/// </summary>
public sealed class EndGrant : Command<Grant>
{
    public required Guid GrantId { get; init; }

    /// <summary>closed, revoked or expired.</summary>
    public required string Status { get; init; }

    public string? Reason { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (!batch.Rows<Grant>().TryRead(new RowKey(Tree.Value, GrantId), out var grant) || grant is null)
            return;
        PinnedContext.Plan(batch, tree, grant.ContextId);
        tree.WantAccount(grant.TimeAccountId);
        tree.WantAccount(grant.CreditAccountId);
        tree.WantAccount(AccountIds.Of(AccountKind.Capacity, LedgerUnit.Gpu(grant.GpuModelId), grant.OfferId));
        tree.WantAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, grant.BudgetProgrammeId));
    }

    public override Outcome<Grant> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var grant = batch.Rows<Grant>().Find(new RowKey(Tree.Value, GrantId));
        if (grant is null)
            return Refusal.NotFound;
        if (ExpectedVersion is { } versions && !versions.Has(grant.Version))
            return Refusal.Stale(grant.Version);
        if (grant.Status != GrantStatus.Active)
            return Refusal.Conflict("grant-not-active", $"The grant is {grant.Status} already.", "status");
        if (Status == GrantStatus.Expired && tree.At < grant.ExpiresAt)
            return Refusal.Conflict("grant-not-expired", "The grant has not expired yet.", "status");
        var left = GpuTime.FromSeconds(grant.GpuSeconds - grant.UsedGpuSeconds - grant.ReturnedGpuSeconds);
        var credits = Rate.FromMillicredits(grant.MillicreditsPerGpuHour).CostOf(left);
        if (!left.IsZero && !tree.TryPost(Return(tree, grant, left, credits), out var refusal))
            return Refusal.Of(refusal);
        grant.ReturnedGpuSeconds += left.Seconds;
        grant.Status = Status;
        grant.EndReason = Reason;
        grant.EndedAt = grant.UpdatedAt = tree.At;
        grant.Version++;
        batch.Rows<Grant>().Update(grant);
        var happened = batch.Happened(
            Tree,
            Actor,
            GrantEvents.Ended(Status),
            new GrantEndedData(grant.Id, grant.OrganizationId, Status, grant.UsedGpuSeconds, grant.ReturnedGpuSeconds),
            grant.Livemode
        );
        Facts.Record(
            batch,
            happened,
            grant.ContextId,
            PinnedContext.Of(batch, tree, grant.ContextId),
            QuotaFact.Returned(tree.At, grant.CountsAt, left, credits),
            QuotaFact.GrantEnded(tree.At, grant.CountsAt, grant.Gpus)
        );
        return grant;
    }

    private List<TransferOrder> Return(TreeChanges tree, Grant grant, GpuTime left, Credits credits)
    {
        var context = new TransferContext(
            grant.RequestId,
            grant.Id,
            grant.ProgrammeId,
            Actor.PrincipalId == Guid.Empty ? null : Actor.PrincipalId,
            Actor.ClientId,
            Actor.OnBehalfOf
        );
        var unit = LedgerUnit.Gpu(grant.GpuModelId);
        var chain = new List<TransferOrder>
        {
            TransferOrder.Posted(
                Guid.CreateVersion7(tree.At),
                tree.AccountOf(AccountKind.Grant, unit, grant.Id),
                tree.AccountOf(AccountKind.Capacity, unit, grant.OfferId),
                left.Seconds,
                TransferReasons.Return,
                context
            ),
        };
        if (!credits.IsZero)
            chain.Add(
                TransferOrder.Posted(
                    Guid.CreateVersion7(tree.At),
                    tree.AccountOf(AccountKind.Grant, LedgerUnit.Credit, grant.Id),
                    tree.AccountOf(AccountKind.Budget, LedgerUnit.Credit, grant.BudgetProgrammeId),
                    credits.Units,
                    TransferReasons.Return,
                    context
                )
            );
        return chain;
    }
}
