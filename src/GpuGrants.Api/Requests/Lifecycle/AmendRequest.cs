using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// The applicant changes an open request. A change of text keeps the place in the queue, the hold and the windows, and endorsements begin
/// anew. Anything else is decided afresh in the same transaction and counts as a request made; when the rules would deny it, the request
/// stays as it was.
/// </summary>
public sealed class AmendRequest : Command<RequestDecided>
{
    private Candidates? _candidates;

    public required Guid RequestId { get; init; }

    /// <summary>Makes the changed draft of the present one.</summary>
    public required Func<RequestDraft, RequestDraft> Change { get; init; }

    /// <summary>For how long past roles count where organization and provider share people.</summary>
    public required TimeSpan IndependenceWindow { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        RequestInReview.Plan(batch, tree, RequestId);
        if (!batch.Rows<Request>().TryRead(new RowKey(Tree.Value, RequestId), out var request) || request is null)
            return;
        ActiveProject.Plan(batch, request.ProjectId);
        batch.Table<AskerAges>().Want(request.RequestedBy);
        if (!batch.Rows<Organization>().TryRead(new RowKey(request.OrganizationId), out var organization) || organization is null)
            return;
        if (!tree.Config.Programmes.TryGetValue(request.ProgrammeId, out var programme))
            return;
        // Who asked is pinned with the request's first decision.
        if (!batch.Rows<Decision>().TryRead(new RowKey(Tree.Value, request.PinnedBy), out _))
            return;
        if (Renewals.Plan(batch, tree, request))
            Ruling.Plan(batch, tree, programme, Find(batch, tree, programme, organization, request, Change(DraftOf(batch, tree, request))));
    }

    public override Outcome<RequestDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (RequestInReview.Check(batch, tree, RequestId, ExpectedVersion, out var request) is { } refused)
            return refused;
        if (tree.At >= request.HoldExpiresAt)
            return Refusal.Conflict("review-expired", "The hold has expired. Ask again.", "status") with
            {
                MessageKo = "보류 기간이 지났습니다. 다시 신청해 주십시오.",
            };
        var before = DraftOf(batch, tree, request);
        var draft = Change(before);
        if (TextChange.IsAll(before, draft, tree.Config.Quotas.Compiled))
            return TextChange.Apply(batch, tree, request, draft, Actor, RecordEvent(batch, request));
        if (request.ChangesInPlace)
            return Refusal.Conflict(
                "request-changes-grant",
                "A request for a change of a grant is amended in its purpose alone. Withdraw it, and ask again.",
                "body"
            ) with
            {
                MessageKo = "지원의 변경에 대한 신청은 용도만 바꿀 수 있습니다. 신청을 철회하고 다시 신청해 주십시오.",
            };
        if (Renewals.Refuse(batch, tree, request) is { } over)
            return over;
        if (ActiveProject.CheckStill(batch, request.ProjectId, request.OrganizationId) is { } closed)
            return closed;
        var programme = tree.Config.Programmes[request.ProgrammeId];
        var organization = batch.Rows<Organization>().Find(new RowKey(request.OrganizationId))!;
        var candidates = Find(batch, tree, programme, organization, request, draft);
        var age = batch.Table<AskerAges>().AgeOf(request.RequestedBy);
        var ties = new Ties(organization, IndependenceWindow);
        var ruling = Ruling.Make(tree, programme, ties, candidates, draft, AskBasis.Amended(batch, tree, request), age);
        return ruling.Verdict == QuotaVerdict.Deny
            ? VerdictRefusal.ForAmendment(ruling.Reasons)
            : Settle(batch, tree, request, programme, draft, ruling);
    }

    private Outcome<RequestDecided> Settle(
        BatchState batch,
        TreeChanges tree,
        Request request,
        ProgrammeConfig programme,
        RequestDraft draft,
        Ruling ruling
    )
    {
        if (!tree.TryPost(Award.VoidChain(tree, request, TransferReasons.Withdrawn, Actor), out var refusal))
            return Refusal.Of(refusal, "gpuHours");
        Facts.Record(
            batch,
            RecordEvent(batch, request),
            request.PinnedBy,
            PinnedContext.RulesOf(batch, tree, request.PinnedBy),
            Facts.Release(request, tree.At)
        );
        batch.Rows<RequestRevision>().Insert(RequestRevision.Of(request));
        Take(request, draft, tree.At);
        batch.Change(request, tree.At);
        var (decision, grant) = Verdicts.Apply(batch, tree, request, programme, ruling, Actor);
        return new RequestDecided(request, decision, ruling.Explanation, ruling.Evaluation?.Quotas, grant);
    }

    private static RequestDraft DraftOf(BatchState batch, TreeChanges tree, Request request) =>
        Renewals.OnItsOffer(batch, tree, request, RequestDraft.Of(request));

    private Event RecordEvent(BatchState batch, Request request) =>
        batch.RecordEvent(
            Tree,
            Actor,
            RequestEvents.Amended,
            new RequestAmendedData(request.Id, request.ProgrammeId, request.OrganizationId),
            request.Livemode
        );

    private Candidates Find(
        BatchState batch,
        TreeChanges tree,
        ProgrammeConfig programme,
        Organization organization,
        Request request,
        RequestDraft draft
    )
    {
        var asker = Asker.Of(PinnedContext.RulesOf(batch, tree, request.PinnedBy).Context, request.RequestedBy);
        return _candidates = Candidates.Find(_candidates, tree, programme, organization, request.ProjectId, asker, draft);
    }

    private static void Take(Request request, RequestDraft draft, DateTimeOffset at)
    {
        draft.WriteTo(request, at);
        request.OfferId = request.ProviderId = request.BudgetProgrammeId = request.TimeHoldId = request.CreditHoldId = null;
        request.GpuModelId = request.OfferRegion = null;
        request.MillicreditsPerGpuHour = request.Credits = null;
        request.HoldExpiresAt = null;
        request.Amends++;
    }
}
