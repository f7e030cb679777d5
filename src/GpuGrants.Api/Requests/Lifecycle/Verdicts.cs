using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Grants;
using GpuGrants.Offers;
using GpuGrants.Trees;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>Records what the rules said to a request: the row's state, the decision, the ledger's chain, the facts and the event.</summary>
internal static class Verdicts
{
    /// <summary>
    /// Puts the ruling into effect on the request, new or amended, and returns the decision and the grant if there is one.
    /// </summary>
    public static (Decision Decision, Grant? Grant) Apply(
        BatchState batch,
        TreeChanges tree,
        Request request,
        ProgrammeConfig programme,
        Ruling ruling,
        Actor actor
    )
    {
        var decision = NewDecision.Of(tree, request, actor);
        decision.DecidedBy = DecidedBy.Rule;
        decision.MaxGrantableGpuSeconds = ruling.MaxGrantable.Seconds;
        decision.Explanation = ApiJson.WriteText(ruling.Explanation);
        decision.Snapshot = ruling.Snapshot.ToBytes();
        decision.Context = ruling.Snapshot.Context;
        request.DecisionId = request.ContextId = decision.Id;
        request.CountsAt = tree.At;
        request.ApprovalsGiven = 0;
        request.ApprovalsNeeded = 0;
        request.ApprovedBy = [];
        request.EndorsedGpuSeconds = null;
        request.ApproverRoles = [];
        request.ProviderApproval = null;
        var grant = ruling.Verdict switch
        {
            QuotaVerdict.Approve => Approve(batch, tree, request, programme, ruling, decision, actor),
            QuotaVerdict.Review => Refer(batch, tree, request, programme, ruling, decision, actor),
            _ => Deny(batch, tree, request, ruling, decision, actor),
        };
        batch.Rows<Decision>().Insert(decision);
        Observe(batch, ruling);
        return (decision, grant);
    }

    private static void Observe(BatchState batch, Ruling ruling)
    {
        if (ruling.Evaluation?.Decision is not { } quotas)
            return;
        foreach (var evaluation in quotas.Evaluations.Where(one => one.IsBreached))
            batch.Observations.Add(metrics => metrics.Breach(evaluation.Rule.Rule.Id, Words.Of(evaluation.Outcome)));
        if (quotas.Unreadable is { Count: > 0 } unreadable)
            batch.Observations.Add(metrics => metrics.UnreadablePolicies(unreadable));
    }

    /// <summary>A person has decided a request that waited since it was asked or amended.</summary>
    internal static void Reviewed(BatchState batch, TreeChanges tree, Request request)
    {
        var age = tree.At - request.CountsAt;
        batch.Observations.Add(metrics => metrics.Reviewed(age));
    }

    private static Grant? Approve(
        BatchState batch,
        TreeChanges tree,
        Request request,
        ProgrammeConfig programme,
        Ruling ruling,
        Decision decision,
        Actor actor
    )
    {
        var evaluation = Serve(tree, request, programme, ruling);
        request.Status = RequestStatus.Approved;
        decision.Verdict = DecisionVerdict.Approved;
        decision.GpuSeconds = request.GpuSeconds;
        if (request.AddsTime)
            tree.Post(Award.Now(tree, request, evaluation.Match, programme, actor));
        if (request.ChangesInPlace)
        {
            var changed = Happened(batch, request, actor, RequestEvents.Approved, decision);
            QuotaFact[] asked = [Asked(tree, ruling), QuotaFact.RequestClosed(tree.At, tree.At)];
            var facts = GrantAdditions.Apply(batch, tree, request, evaluation.Ask.Time, actor);
            Facts.Record(batch, changed, decision.Id, ruling.Quotas, [.. asked, .. facts]);
            return null;
        }

        var grant = Award.ToGrant(request, evaluation.Match.Offer, evaluation.Ask.Time, tree.At);
        batch.Rows<Grant>().Insert(grant);
        var happened = Happened(batch, request, actor, RequestEvents.Approved, decision);
        Facts.Record(
            batch,
            happened,
            decision.Id,
            ruling.Quotas,
            Asked(tree, ruling),
            QuotaFact.RequestClosed(tree.At, tree.At),
            QuotaFact.Granted(tree.At, tree.At, evaluation.Ask.Time, evaluation.Ask.Credits, request.Gpus).Of(grant.Life(), GpuTime.Zero)
        );
        return grant;
    }

    private static Grant? Refer(
        BatchState batch,
        TreeChanges tree,
        Request request,
        ProgrammeConfig programme,
        Ruling ruling,
        Decision decision,
        Actor actor
    )
    {
        var evaluation = Serve(tree, request, programme, ruling);
        var until = tree.At + programme.ReviewHold;
        request.Status = RequestStatus.InReview;
        request.HoldExpiresAt = until;
        LapsedReviews.Referred(batch, tree, until);
        request.ProviderApproval = evaluation.Match.Offer.ProviderApproves ? ProviderApproval.Waiting : null;
        request.ApprovalsNeeded = evaluation.ProgrammeApprovals + (request.ProviderApproval is null ? 0 : 1);
        request.ApproverRoles = [.. evaluation.Decision.Approvals.By];
        decision.Verdict = DecisionVerdict.Review;
        decision.GpuSeconds = request.GpuSeconds;
        var held = Hold(tree, request, programme, evaluation, actor, until);
        var happened = Happened(batch, request, actor, RequestEvents.InReview, decision);
        Facts.Record(batch, happened, decision.Id, ruling.Quotas, [Asked(tree, ruling), .. held]);
        return null;
    }

    /// <summary>What is kept while a person decides. A later end of pooled hours needs nothing.</summary>
    private static QuotaFact[] Hold(
        TreeChanges tree,
        Request request,
        ProgrammeConfig programme,
        OfferEvaluation evaluation,
        Actor actor,
        DateTimeOffset until
    )
    {
        if (!request.AddsTime)
            return [];
        var holds = Award.Held(tree, request, evaluation.Match, programme, actor, until);
        tree.Post(holds);
        request.TimeHoldId = holds[0].Id;
        request.CreditHoldId = holds.Count > 1 ? holds[1].Id : null;
        var (time, credits) = (evaluation.Ask.Time, evaluation.Ask.Credits);
        var held = request.ChangesInPlace
            ? QuotaFact.HeldMore(tree.At, time, credits)
            : QuotaFact.Held(tree.At, time, credits, request.Gpus);
        return [held.Of(request.Life(), GpuTime.Zero)];
    }

    /// <summary>An ask that was counted before, as a counter-offer's was, is not counted again.</summary>
    private static QuotaFact Asked(TreeChanges tree, Ruling ruling) =>
        ruling.Snapshot.IsCounted ? QuotaFact.Reasked(tree.At) : QuotaFact.Requested(tree.At);

    private static Grant? Deny(BatchState batch, TreeChanges tree, Request request, Ruling ruling, Decision decision, Actor actor)
    {
        request.Status = RequestStatus.Denied;
        request.GrantId = null;
        decision.Verdict = DecisionVerdict.Denied;
        var happened = Happened(batch, request, actor, RequestEvents.Denied, decision);
        Facts.Record(batch, happened, decision.Id, ruling.Quotas, Asked(tree, ruling), QuotaFact.RequestClosed(tree.At, tree.At));
        return null;
    }

    private static OfferEvaluation Serve(TreeChanges tree, Request request, ProgrammeConfig programme, Ruling ruling)
    {
        var evaluation = ruling.Evaluation!;
        request.GrantId = request.ChangesInPlace ? request.ChangesGrantId : ruling.Reserved?.GrantId ?? Guid.CreateVersion7(tree.At);
        request.OfferId = evaluation.Match.Offer.Id;
        request.ProviderId = evaluation.Match.Offer.ProviderId;
        request.GpuModelId = evaluation.Match.Offer.GpuModelId;
        request.OfferRegion = evaluation.Match.Offer.Region;
        request.BudgetProgrammeId = programme.BudgetProgrammeId;
        request.MillicreditsPerGpuHour = evaluation.Match.Rate.MillicreditsPerGpuHour;
        request.Credits = request.AddsTime ? evaluation.Ask.Credits.Units : 0;
        return evaluation;
    }

    internal static Event Happened(BatchState batch, Request request, Actor actor, EventType<RequestData> type, Decision decision) =>
        batch.Happened(
            TreeId.Of(request.RootProgrammeId),
            actor,
            type,
            new RequestData(
                request.Id,
                request.ProgrammeId,
                request.OrganizationId,
                request.Status,
                decision.Id,
                Wire.Hours(decision.GpuSeconds),
                request.Status == RequestStatus.Approved ? request.GrantId : null
            ),
            request.Livemode
        );
}

/// <summary>The ledger's part of a decision: an award at once, or a hold that a person may turn into one.</summary>
internal static class Award
{
    /// <summary>The chain that moves an award's credits and GPU time at once; both or neither.</summary>
    public static List<TransferOrder> Now(
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
    public static List<TransferOrder> Held(
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
    public static List<TransferOrder> Post(TreeChanges tree, Request request, GpuTime time, Actor actor)
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
    public static List<TransferOrder> Void(TreeChanges tree, Request request, string reason, Actor actor)
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

    /// <summary>Wants what <see cref="Post"/> and <see cref="Void"/> need.</summary>
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
            ContextId = request.ContextId,
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
