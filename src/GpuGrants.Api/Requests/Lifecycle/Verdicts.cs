using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Rulings;
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
        request.DecisionId = request.PinnedBy = decision.Id;
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
        if (ruling.Evaluation?.Quotas is not { } quotas)
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
            tree.Post(Award.PostedChain(tree, request, evaluation.Match, programme, actor));
        if (request.ChangesInPlace)
        {
            var changed = RecordEvent(batch, request, actor, RequestEvents.Approved, decision);
            QuotaFact[] asked = [Asked(tree, ruling), QuotaFact.RequestClosed(tree.At, tree.At)];
            var facts = GrantAdditions.Apply(batch, tree, request, evaluation.Ask.Time, actor);
            Facts.Record(batch, changed, decision.Id, ruling.Rules, [.. asked, .. facts]);
            return null;
        }

        var grant = Award.ToGrant(request, evaluation.Match.Offer, evaluation.Ask.Time, tree.At);
        batch.Rows<Grant>().Insert(grant);
        var happened = RecordEvent(batch, request, actor, RequestEvents.Approved, decision);
        Facts.Record(
            batch,
            happened,
            decision.Id,
            ruling.Rules,
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
        request.ApproverRoles = [.. evaluation.Quotas.Approvals.By];
        decision.Verdict = DecisionVerdict.Review;
        decision.GpuSeconds = request.GpuSeconds;
        var held = Hold(tree, request, programme, evaluation, actor, until);
        var happened = RecordEvent(batch, request, actor, RequestEvents.InReview, decision);
        Facts.Record(batch, happened, decision.Id, ruling.Rules, [Asked(tree, ruling), .. held]);
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
        var holds = Award.PendingChain(tree, request, evaluation.Match, programme, actor, until);
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
        ruling.Snapshot.IsCountedAlready ? QuotaFact.Reasked(tree.At) : QuotaFact.Requested(tree.At);

    private static Grant? Deny(BatchState batch, TreeChanges tree, Request request, Ruling ruling, Decision decision, Actor actor)
    {
        request.Status = RequestStatus.Denied;
        request.GrantId = null;
        decision.Verdict = DecisionVerdict.Denied;
        var happened = RecordEvent(batch, request, actor, RequestEvents.Denied, decision);
        Facts.Record(batch, happened, decision.Id, ruling.Rules, Asked(tree, ruling), QuotaFact.RequestClosed(tree.At, tree.At));
        return null;
    }

    private static OfferEvaluation Serve(TreeChanges tree, Request request, ProgrammeConfig programme, Ruling ruling)
    {
        var evaluation = ruling.Evaluation!;
        request.GrantId = request.ChangesInPlace ? request.ChangesGrantId : ruling.SetAside?.GrantId ?? Guid.CreateVersion7(tree.At);
        request.OfferId = evaluation.Match.Offer.Id;
        request.ProviderId = evaluation.Match.Offer.ProviderId;
        request.GpuModelId = evaluation.Match.Offer.GpuModelId;
        request.OfferRegion = evaluation.Match.Offer.Region;
        request.BudgetProgrammeId = programme.BudgetProgrammeId;
        request.MillicreditsPerGpuHour = evaluation.Match.Rate.MillicreditsPerGpuHour;
        request.Credits = request.AddsTime ? evaluation.Ask.Credits.Units : 0;
        return evaluation;
    }

    internal static Event RecordEvent(BatchState batch, Request request, Actor actor, EventType<RequestData> type, Decision decision) =>
        batch.RecordEvent(
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
