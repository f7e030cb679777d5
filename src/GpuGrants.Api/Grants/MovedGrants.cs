using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Grants;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Grants;

/// <summary>The grant as which a moved one goes on, and the ledger's part of the move.</summary>
internal static class MovedGrants
{
    /// <summary>The row of the new grant. It still lacks its context.</summary>
    public static Grant Continue(Grant grant, Offer offer, Rate rate, GrantLife life, IReadOnlyList<GrantPart> parts, DateTimeOffset at)
    {
        var id = Guid.CreateVersion7(at);
        return new Grant
        {
            RootProgrammeId = grant.RootProgrammeId,
            Id = id,
            RequestId = grant.RequestId,
            ProgrammeId = grant.ProgrammeId,
            BudgetProgrammeId = grant.BudgetProgrammeId,
            OrganizationId = grant.OrganizationId,
            ProjectId = grant.ProjectId,
            HolderId = grant.HolderId,
            ContinuesGrantId = grant.Id,
            ProviderId = offer.ProviderId,
            OfferId = offer.Id,
            GpuModelId = offer.GpuModelId,
            Region = offer.Region,
            Gpus = grant.Gpus,
            MillicreditsPerGpuHour = rate.MillicreditsPerGpuHour,
            GpuSeconds = parts.Sum(part => part.Time.Seconds),
            AddedGpuSeconds = parts.Skip(1).Sum(part => part.Time.Seconds),
            TimeAccountId = AccountIds.Of(AccountKind.Grant, LedgerUnit.Gpu(offer.GpuModelId), id),
            CreditAccountId = AccountIds.Of(AccountKind.Grant, LedgerUnit.Credit, id),
            SettlementSeconds = offer.SettlementSeconds,
            Status = life.From > at ? GrantStatus.Scheduled : GrantStatus.Active,
            StartsAt = life.From,
            ExpiresAt = life.To,
            CountsAt = grant.CountsAt,
            Livemode = grant.Livemode,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
    }

    /// <summary>What a lower rate saves returns, in the windows of each part and as far as the rule refunds.</summary>
    public static IEnumerable<QuotaFact> Saved(TreeChanges tree, Grant grant, IReadOnlyList<GrantPart> parts, Rate rate) =>
        parts
            .Select(part => (part.CountsAt, Credits: grant.CostOf(part.Time) - rate.CostOf(part.Time)))
            .Where(one => !one.Credits.IsZero)
            .Select(one => QuotaFact.Returned(tree.At, one.CountsAt, GpuTime.Zero, one.Credits));

    /// <summary>
    /// The chain of a move: GPU time goes back to the old offer and comes from the new one, and credits go from grant to grant. What a
    /// lower rate saves goes back to the budget.
    /// </summary>
    public static List<TransferOrder> Chain(TreeChanges tree, Grant grant, Grant moved, GpuTime left, Actor actor)
    {
        var context = actor.About(grant.RequestId, moved.Id, grant.ProgrammeId);
        var back = actor.About(grant.RequestId, grant.Id, grant.ProgrammeId);
        var (unit, other) = (LedgerUnit.Gpu(grant.GpuModelId), LedgerUnit.Gpu(moved.GpuModelId));
        var chain = new List<TransferOrder>();
        void Add(Account from, Account to, long amount, TransferContext about)
        {
            if (amount > 0)
                chain.Add(TransferOrder.Posted(Guid.CreateVersion7(tree.At), from, to, amount, TransferReasons.Move, about));
        }

        Add(
            tree.AccountOf(AccountKind.Grant, unit, grant.Id),
            tree.AccountOf(AccountKind.Capacity, unit, grant.OfferId),
            left.Seconds,
            back
        );
        Add(
            tree.AccountOf(AccountKind.Capacity, other, moved.OfferId),
            tree.AccountOf(AccountKind.Grant, other, moved.Id, isNew: true),
            left.Seconds,
            context
        );
        var (cost, before) = (moved.CostOf(left).Units, grant.CostOf(left).Units);
        if (before == 0)
            return chain;
        var credits = tree.AccountOf(AccountKind.Grant, LedgerUnit.Credit, grant.Id);
        if (cost > 0)
            Add(credits, tree.AccountOf(AccountKind.Grant, LedgerUnit.Credit, moved.Id, isNew: true), cost, context);
        Add(credits, tree.AccountOf(AccountKind.Budget, LedgerUnit.Credit, grant.BudgetProgrammeId), before - cost, back);
        return chain;
    }
}
