using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Grants;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>The ledger's part of a decision: an award at once, or a hold that a person may turn into one.</summary>
internal static class Award
{
    /// <summary>The chain that moves an award's credits and GPU time at once; both or neither.</summary>
    public static List<TransferOrder> PostedChain(
        TreeChanges tree,
        Request request,
        OfferMatching.Match match,
        ProgrammeConfig programme,
        Actor actor
    ) =>
        Chain(
            tree,
            request,
            match,
            programme,
            actor,
            (debit, credit, amount, context) =>
                TransferOrder.Posted(Guid.CreateVersion7(tree.At), debit, credit, amount, TransferReasons.Award, context)
        );

    /// <summary>The same as holds, GPU time first.</summary>
    public static List<TransferOrder> PendingChain(
        TreeChanges tree,
        Request request,
        OfferMatching.Match match,
        ProgrammeConfig programme,
        Actor actor,
        DateTimeOffset until
    ) =>
        Chain(
            tree,
            request,
            match,
            programme,
            actor,
            (debit, credit, amount, context) =>
                TransferOrder.Pending(Guid.CreateVersion7(tree.At), debit, credit, amount, until, TransferReasons.Hold, context)
        );

    /// <summary>The chain that ends a request's holds by moving the approved part; the rest returns.</summary>
    public static List<TransferOrder> PostChain(TreeChanges tree, Request request, GpuTime time, Actor actor)
    {
        if (request.TimeHoldId is null)
            return [];
        var context = ContextOf(request, actor);
        var chain = new List<TransferOrder>
        {
            TransferOrder.Post(Guid.CreateVersion7(tree.At), request.TimeHoldId!.Value, time.Seconds, TransferReasons.Reviewed, context),
        };
        if (request.CreditHoldId is { } hold)
            chain.Add(
                TransferOrder.Post(Guid.CreateVersion7(tree.At), hold, request.CostOf(time).Units, TransferReasons.Reviewed, context)
            );
        return chain;
    }

    /// <summary>The chain that returns a request's holds.</summary>
    public static List<TransferOrder> VoidChain(TreeChanges tree, Request request, string reason, Actor actor)
    {
        if (request.TimeHoldId is null)
            return [];
        var context = ContextOf(request, actor);
        var chain = new List<TransferOrder>
        {
            TransferOrder.Void(Guid.CreateVersion7(tree.At), request.TimeHoldId!.Value, reason, context),
        };
        if (request.CreditHoldId is { } hold)
            chain.Add(TransferOrder.Void(Guid.CreateVersion7(tree.At), hold, reason, context));
        return chain;
    }

    /// <summary>Wants what <see cref="PostChain"/> and <see cref="VoidChain"/> need.</summary>
    public static void PlanEnd(BatchState batch, TreeChanges tree, Request request)
    {
        if (request.Status != RequestStatus.InReview || request.TimeHoldId is not { } timeHold || request.OfferId is not { } offerId)
            return;
        batch.WantHold(tree.Id, timeHold);
        if (request.CreditHoldId is { } creditHold)
            batch.WantHold(tree.Id, creditHold);
        var unit = LedgerUnit.Gpu(request.GpuModelId!);
        tree.WantAccount(AccountIds.Of(AccountKind.Capacity, unit, offerId));
        tree.WantAccount(AccountIds.Of(AccountKind.Grant, unit, request.GrantId!.Value));
        tree.WantAccount(AccountIds.Of(AccountKind.Grant, LedgerUnit.Credit, request.GrantId.Value));
        tree.WantAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, request.BudgetProgrammeId!.Value));
    }

    public static Grant ToGrant(Request request, Offer offer, GpuTime time, DateTimeOffset at)
    {
        var start = GrantTimes.StartOf(request.StartsAt > at ? request.StartsAt : at, request.Mode == GrantMode.Reserved);
        return new Grant
        {
            RootProgrammeId = request.RootProgrammeId,
            Id = request.GrantId!.Value,
            RequestId = request.Id,
            ProgrammeId = request.ProgrammeId,
            BudgetProgrammeId = request.BudgetProgrammeId!.Value,
            OrganizationId = request.OrganizationId,
            ProjectId = request.ProjectId,
            ProviderId = request.ProviderId!.Value,
            OfferId = request.OfferId!.Value,
            GpuModelId = request.GpuModelId!,
            Region = request.OfferRegion!,
            Gpus = request.Gpus,
            Mode = GrantMode.Of(offer, request.Mode == GrantMode.Reserved),
            MillicreditsPerGpuHour = request.MillicreditsPerGpuHour!.Value,
            GpuSeconds = time.Seconds,
            TimeAccountId = AccountIds.Of(AccountKind.Grant, LedgerUnit.Gpu(request.GpuModelId!), request.GrantId.Value),
            CreditAccountId = AccountIds.Of(AccountKind.Grant, LedgerUnit.Credit, request.GrantId.Value),
            SettlementSeconds = offer.SettlementSeconds,
            Status = start > at ? GrantStatus.Scheduled : GrantStatus.Active,
            StartsAt = start,
            ExpiresAt = start + TimeSpan.FromSeconds(request.DurationSeconds),
            ContinuesGrantId = request.ChangesGrantId,
            PinnedBy = request.PinnedBy,
            CountsAt = request.CountsAt,
            Livemode = request.Livemode,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
    }

    private static List<TransferOrder> Chain(
        TreeChanges tree,
        Request request,
        OfferMatching.Match match,
        ProgrammeConfig programme,
        Actor actor,
        Func<Account, Account, long, TransferContext, TransferOrder> move
    )
    {
        var context = ContextOf(request, actor);
        var time = GpuTime.FromSeconds(request.GpuSeconds);
        var unit = LedgerUnit.Gpu(match.Offer.GpuModelId);
        var chain = new List<TransferOrder>
        {
            move(
                tree.AccountOf(AccountKind.Capacity, unit, match.Offer.Id),
                tree.AccountOf(AccountKind.Grant, unit, request.GrantId!.Value, isNew: !request.ChangesInPlace),
                time.Seconds,
                context
            ),
        };
        var cost = match.Rate.CostOf(time);
        if (cost.IsZero)
            return chain;
        chain.Add(
            move(
                tree.AccountOf(AccountKind.Budget, LedgerUnit.Credit, programme.BudgetProgrammeId),
                tree.AccountOf(AccountKind.Grant, LedgerUnit.Credit, request.GrantId.Value, isNew: !request.ChangesInPlace),
                cost.Units,
                context
            )
        );
        return chain;
    }

    private static TransferContext ContextOf(Request request, Actor actor) => actor.About(request.Id, request.GrantId, request.ProgrammeId);
}
