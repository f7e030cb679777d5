using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Quotas.Overrides;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// A reviewer approves an open request, in full or in part, or the provider does where it asks for that. When several people have to
/// approve, in whatever order, all but the last are endorsements.
/// </summary>
public sealed class ApproveRequest : Command<RequestDecided>
{
    public required Guid RequestId { get; init; }

    /// <summary>What is approved; null for all that was asked for.</summary>
    public GpuTime? Time { get; init; }

    public string? Comment { get; init; }

    /// <summary>An override that comes with the approval.</summary>
    public OverrideDraft? Override { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    /// <summary>Roles that the reviewer has on the programme or above it.</summary>
    public required IReadOnlyList<string> ReviewerRoles { get; init; }

    /// <summary>Whether the provider approves a grant on its offer. Otherwise the programme does.</summary>
    public bool ForProvider { get; init; }

    /// <summary>The reviewer, who decides nothing that benefits their own people.</summary>
    public required Decider Decider { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        RequestInReview.Plan(batch, tree, RequestId);
        VerdictConditions.Plan(batch, tree, RequestId);
        Decider.Plan(batch);
        if (Override is not { } given)
            return;
        OverrideBook.Plan(batch, tree, given.PolicyId, given.RuleId, given.Subject);
        OverrideParties.Plan(batch, given.Subject);
    }

    public override Outcome<RequestDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (RequestInReview.Check(batch, tree, RequestId, ExpectedVersion, out var request) is { } refused)
            return refused;
        if (Refuse(batch, tree, request) is { } why)
            return why;
        if (Decider.Refuse(batch, tree.At, RequestParties.Of(request, ForProvider)) is { } involved)
            return involved;
        var time = Time ?? GpuTime.FromSeconds(request.GpuSeconds);
        if (time.IsZero || time.Seconds > request.GpuSeconds)
            return Refusal.Invalid(
                "gpuHours",
                $"Approve more than 0 and at most the {Wire.Hours(request.GpuSeconds)} GPU-hours that are held."
            ) with
            {
                MessageKo = $"0보다 크고, 보류된 {Wire.Hours(request.GpuSeconds)} GPU시간 이하로 승인해 주십시오.",
            };
        // Several people approve what all of them endorsed.
        if (request.EndorsedGpuSeconds is { } endorsed && endorsed < time.Seconds)
            time = GpuTime.FromSeconds(endorsed);
        // Other dates are approved as they were asked for.
        if (request.Change == AskedChange.Extend)
            time = GpuTime.FromSeconds(request.GpuSeconds);
        var isLast = request.ApprovalsGiven + 1 >= request.ApprovalsNeeded;
        if (Override is not null && !isLast)
            return Refusal.Conflict(
                "more-approvals-needed",
                "An override comes with the last approval, and this request needs more. Approve without it.",
                "override"
            ) with
            {
                MessageKo = "예외는 마지막 승인과 함께 줄 수 있습니다. 이 신청에는 승인이 더 필요하므로 예외 없이 승인해 주십시오.",
            };
        QuotaOverrideRow? made = null;
        if (Override is { } given)
        {
            if (OverrideBook.Check(batch, tree, given, Actor, RequestId, out made) is { } unfit)
                return unfit;
            if (OverrideBook.NeedOf(batch, tree, made) is { Count: > 1 } need && !Decider.DecidesAlone(batch, tree.At))
                return Refusal.Conflict(
                    "more-approvals-needed",
                    $"The override's rule asks for {need.Count} approvals. Propose the override by itself: POST /v1/quota-overrides.",
                    "override"
                ) with
                {
                    MessageKo =
                        $"이 예외의 규칙에는 승인 {need.Count}건이 필요합니다. 예외를 따로 제안해 주십시오: POST /v1/quota-overrides.",
                };
            var parties = RequestParties.Of(request, ForProvider).Concat(OverrideParties.Of(batch, tree, given.PolicyId, given.Subject));
            if (Decider.Refuse(batch, tree.At, "override.subject", [.. parties]) is { } own)
                return own;
        }

        bool Lifts(QuotaEvaluation one) => made is not null && OverrideBook.Lifts(made, one, tree.At);
        if (VerdictConditions.Refuse(batch, tree, request, time, Lifts) is { } against)
            return against;
        return isLast ? Grant(batch, tree, request, time, made) : Endorse(batch, tree, request, time);
    }

    private Refusal? Refuse(BatchState batch, TreeChanges tree, Request request)
    {
        if (Decider.IsAmong(batch, request.ApprovedBy))
            return Refusal.Conflict("approved-before", "You approved this request before. Another reviewer has to approve it.") with
            {
                MessageKo = "이미 승인하신 신청입니다. 다른 심사자가 승인해야 합니다.",
            };
        if (tree.At >= request.HoldExpiresAt)
            return Refusal.Conflict("review-expired", "The hold has expired. The applicant has to ask again.", "status") with
            {
                MessageKo = "보류 기간이 지났습니다. 신청자가 다시 신청해야 합니다.",
            };
        return ForProvider ? RefuseProvider(request) : RefuseReviewer(batch, request);
    }

    private Refusal? RefuseProvider(Request request)
    {
        if (Override is not null)
            return VerdictRefusal.NotReviewer;
        return request.ProviderApproval == ProviderApproval.Waiting
            ? null
            : Refusal.Conflict(
                "approved-before",
                "The provider approved this request before. Reviewers of the programme decide the rest."
            ) with
            {
                MessageKo = "제공자는 이 신청을 이미 승인했습니다. 나머지는 프로그램의 심사자가 결정합니다.",
            };
    }

    private Refusal? RefuseReviewer(BatchState batch, Request request)
    {
        if (request.ProgrammeApprovalsLeft() == 0)
            return Refusal.Conflict(
                "provider-has-to-approve",
                "The provider of this offer approves each grant itself. One of its operators has to approve this request."
            ) with
            {
                MessageKo = "이 오퍼의 제공자는 지원을 직접 승인합니다. 제공자의 운영자가 이 신청을 승인해야 합니다.",
            };
        var asked = request.ApprovalsNeeded - (request.ProviderApproval is null ? 0 : 1);
        if (asked > 1 && Decider.RefuseUnproved(batch) is { } unproved)
            return unproved;
        if (
            request.ApproverRoles.Length > 0
            && !ReviewerRoles.Contains(Roles.PlatformAdministrator)
            && !request.ApproverRoles.Intersect(ReviewerRoles).Any()
        )
            return Refusal.Conflict(
                "approver-role-missing",
                $"The rules ask for the approval of: {string.Join(", ", request.ApproverRoles)}."
            ) with
            {
                MessageKo = $"규칙에 따라 다음 역할의 승인이 필요합니다: {string.Join(", ", request.ApproverRoles)}.",
            };
        return null;
    }

    private RequestDecided Endorse(BatchState batch, TreeChanges tree, Request request, GpuTime time)
    {
        var decision = Decided(batch, tree, request, DecisionVerdict.Endorsed, time);
        Verdicts.RecordEvent(batch, request, Actor, RequestEvents.Endorsed, decision);
        return new RequestDecided(request, decision, DecisionExplanation.None);
    }

    private Outcome<RequestDecided> Grant(BatchState batch, TreeChanges tree, Request request, GpuTime time, QuotaOverrideRow? made)
    {
        var posts = Award.PostChain(tree, request, time, Actor);
        if (posts.Count > 0 && !tree.TryPost(posts, out var refusal))
            return Refusal.Of(refusal, "gpuHours");
        var release = Facts.Release(request, tree.At);
        if (request.ChangesInPlace)
            return Change(batch, tree, request, time, made, release);
        var grant = Award.ToGrant(request, tree.Config.Offers.First(one => one.Id == request.OfferId), time, tree.At);
        request.Status = RequestStatus.Approved;
        request.HoldExpiresAt = null;
        request.Credits = request.CostOf(time).Units;
        var decision = Decided(batch, tree, request, DecisionVerdict.Approved, time);
        batch.Rows<Grant>().Insert(grant);
        Verdicts.Reviewed(batch, tree, request);
        var happened = Verdicts.RecordEvent(batch, request, Actor, RequestEvents.Approved, decision);
        Facts.Record(
            batch,
            happened,
            request.PinnedBy,
            PinnedContext.RulesOf(batch, tree, request.PinnedBy),
            [
                .. release,
                QuotaFact
                    .Granted(tree.At, request.CountsAt, time, Credits.FromUnits(request.Credits.Value), request.Gpus)
                    .Of(grant.Life(), GpuTime.Zero),
            ]
        );
        if (made is not null)
            OverrideBook.Add(batch, tree, made, Actor);
        return new RequestDecided(request, decision, DecisionExplanation.None, Grant: grant);
    }

    /// <summary>The grant that exists gets what was asked for.</summary>
    private RequestDecided Change(
        BatchState batch,
        TreeChanges tree,
        Request request,
        GpuTime time,
        QuotaOverrideRow? made,
        QuotaFact[] release
    )
    {
        request.Status = RequestStatus.Approved;
        request.HoldExpiresAt = null;
        if (request.AddsTime)
            request.Credits = request.CostOf(time).Units;
        var decision = Decided(batch, tree, request, DecisionVerdict.Approved, time);
        Verdicts.Reviewed(batch, tree, request);
        var happened = Verdicts.RecordEvent(batch, request, Actor, RequestEvents.Approved, decision);
        var facts = GrantAdditions.Apply(batch, tree, request, time, Actor);
        Facts.Record(batch, happened, request.PinnedBy, PinnedContext.RulesOf(batch, tree, request.PinnedBy), [.. release, .. facts]);
        if (made is not null)
            OverrideBook.Add(batch, tree, made, Actor);
        return new RequestDecided(request, decision, DecisionExplanation.None);
    }

    private Decision Decided(BatchState batch, TreeChanges tree, Request request, string verdict, GpuTime time)
    {
        var decision = RequestInReview.Settled(tree, request, verdict, time, DecisionExplanation.None, Comment, Actor);
        request.ApprovalsGiven++;
        if (ForProvider)
            request.ProviderApproval = ProviderApproval.Given;
        request.EndorsedGpuSeconds = time.Seconds;
        request.ApprovedBy = [.. request.ApprovedBy, Actor.PrincipalId];
        request.DecisionId = decision.Id;
        batch.Rows<Decision>().Insert(decision);
        batch.Change(request, tree.At);
        Decider.Decided(batch, Tree, request.Id);
        return decision;
    }
}
