using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// The applicant changes an open request: what it held is released and the rules decide the changed one afresh, in the same transaction. An
/// amendment
/// counts as a request made.
/// </summary>
public sealed class AmendRequest : Command<RequestDecided>
{
    private Candidates? _candidates;

    public required Guid RequestId { get; init; }

    /// <summary>Makes the changed draft of the present one.</summary>
    public required Func<RequestDraft, RequestDraft> Change { get; init; }

    public long? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        OpenRequest.Plan(batch, tree, RequestId);
        if (!batch.Rows<Request>().TryRead(new RowKey(Tree.Value, RequestId), out var request) || request is null)
            return;
        if (!batch.Rows<Organization>().TryRead(new RowKey(request.OrganizationId), out var organization) || organization is null)
            return;
        if (!tree.Config.Programmes.TryGetValue(request.ProgrammeId, out var programme))
            return;
        Ruling.Plan(batch, tree, programme, Find(tree, programme, organization, request, Change(RequestDraft.Of(request))));
    }

    public override Outcome<RequestDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (OpenRequest.Check(batch, tree, RequestId, ExpectedVersion, out var request) is { } refused)
            return refused;
        if (tree.At >= request.HoldExpiresAt)
            return Refusal.Conflict("review-expired", "The hold has expired. Ask again.", "status");
        var organization = batch.Rows<Organization>().Find(new RowKey(request.OrganizationId))!;
        var programme = tree.Config.Programmes[request.ProgrammeId];
        if (!tree.TryPost(Award.Void(tree, request, TransferReasons.Withdrawn, Actor), out var refusal))
            return Refusal.Of(refusal);
        var amended = batch.Happened(
            Tree,
            Actor,
            RequestEvents.Amended,
            new RequestAmendedData(request.Id, request.ProgrammeId, request.OrganizationId),
            request.Livemode
        );
        Facts.Record(
            batch,
            amended,
            request.ContextId,
            PinnedContext.Of(batch, tree, request.ContextId),
            OpenRequest.Release(request, tree.At)
        );
        var draft = Change(RequestDraft.Of(request));
        batch.Rows<RequestRevision>().Insert(RequestRevision.Of(request));
        Take(request, draft, tree.At);
        var ruling = Ruling.Make(batch, tree, programme, organization, Find(tree, programme, organization, request, draft), draft);
        var (decision, grant) = Verdicts.Apply(batch, tree, request, programme, ruling, Actor);
        batch.Rows<Request>().Update(request);
        return new RequestDecided(request, decision, ruling.Explanation, ruling.Evaluation?.Decision, grant);
    }

    private Candidates Find(TreeChanges tree, ProgrammeConfig programme, Organization organization, Request request, RequestDraft draft) =>
        _candidates = Candidates.Find(_candidates, tree, programme, organization, request.ProjectId, request.RequestedBy, draft);

    private static void Take(Request request, RequestDraft draft, DateTimeOffset at)
    {
        request.GpuSeconds = draft.Time.Seconds;
        request.Gpus = draft.Gpus;
        request.GpuModels = draft.GpuModels;
        request.MinGpuMemoryGib = draft.MinGpuMemoryGib;
        request.Region = draft.Region;
        request.Purpose = draft.Purpose;
        request.Tags = draft.Tags;
        request.StartsAt = draft.Ask(at).StartsAt;
        request.DurationSeconds = (long)draft.Duration.TotalSeconds;
        request.OfferId = request.ProviderId = request.BudgetProgrammeId = request.TimeHoldId = request.CreditHoldId = null;
        request.GpuModelId = request.OfferRegion = null;
        request.MillicreditsPerGpuHour = request.Credits = null;
        request.HoldExpiresAt = null;
        request.Amends++;
        request.Version++;
        request.UpdatedAt = at;
    }
}
