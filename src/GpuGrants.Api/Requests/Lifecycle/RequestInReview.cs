using GpuGrants.Api.Decisions;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// What commands on a request in review share: finding it, checking that it is still in review and unchanged, and letting go of what it
/// holds.
/// </summary>
internal static class RequestInReview
{
    public static void Plan(BatchState batch, TreeChanges tree, Guid id)
    {
        if (!batch.Rows<Request>().TryRead(new RowKey(tree.RootProgrammeId, id), out var request) || request is null)
            return;
        PinnedContext.Plan(batch, tree, request.PinnedBy);
        Award.PlanEnd(batch, tree, request);
    }

    /// <summary>The request, or why it cannot be acted on.</summary>
    public static Refusal? Check(BatchState batch, TreeChanges tree, Guid id, ExpectedVersions? expectedVersion, out Request request)
    {
        if (!batch.Unchanged<Request>(new RowKey(tree.RootProgrammeId, id), expectedVersion).TryGet(out request!, out var no))
            return no;
        if (request.Status != RequestStatus.InReview)
            return Refusal.Conflict(
                "request-not-open",
                $"The request is {request.Status}. Only a request in review can be changed or decided.",
                "status"
            ) with
            {
                MessageKo =
                    $"신청의 상태는 '{RequestStatus.Korean(request.Status)}'입니다. 심사 중인 신청만 변경하거나 결정할 수 있습니다.",
            };
        return null;
    }

    /// <summary>Returns the holds and closes the request with a verdict.</summary>
    public static Outcome<RequestDecided> Close(BatchState batch, TreeChanges tree, Request request, Closing closing, Actor actor)
    {
        var voids = Award.VoidChain(tree, request, closing.TransferReason, actor);
        if (voids.Count > 0 && !tree.TryPost(voids, out var refusal))
            return Refusal.Of(refusal, null);
        var explanation = new DecisionExplanation { Reasons = closing.Reasons };
        var decision = Settled(tree, request, closing.Verdict, GpuTime.Zero, explanation, closing.Comment, actor);
        var pinned = request.PinnedBy;
        var release = Facts.Release(request, tree.At);
        request.Status = closing.Status;
        request.GrantId = null;
        request.HoldExpiresAt = null;
        request.DecisionId = decision.Id;
        batch.Change(request, tree.At);
        batch.Rows<Decision>().Insert(decision);
        if (closing.Verdict == DecisionVerdict.Denied)
            Verdicts.Reviewed(batch, tree, request);
        var happened = Verdicts.RecordEvent(batch, request, actor, closing.Event, decision);
        Facts.Record(batch, happened, pinned, PinnedContext.RulesOf(batch, tree, pinned), release);
        return new RequestDecided(request, decision, explanation);
    }

    /// <summary>Begins the decision that ends or endorses a request in review: a person's, or the service's where its time is
    /// over.</summary>
    public static Decision Settled(
        TreeChanges tree,
        Request request,
        string verdict,
        GpuTime time,
        DecisionExplanation explanation,
        string? comment,
        Actor actor
    )
    {
        var decision = NewDecision.Of(tree, request, actor);
        // Every such verdict makes the next version.
        decision.RequestVersion++;
        decision.Verdict = verdict;
        decision.DecidedBy = actor.IsService ? DecidedBy.Rule : DecidedBy.Person;
        decision.GpuSeconds = time.Seconds;
        decision.Explanation = ApiJson.WriteText(explanation);
        decision.Comment = comment;
        return decision;
    }
}
