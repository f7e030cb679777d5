using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// Takes a denied request's counter-offer: the same ask for the amount that the denial named, as a new request. It is taken once. When the
/// rules would deny it now, nothing changes.
/// </summary>
internal sealed class AcceptCounterOffer : Command<CounterOfferTaken>
{
    /// <summary>The denied request.</summary>
    public required Guid RequestId { get; init; }

    /// <summary>The same ask for the amount of the counter-offer. It is never submitted by itself: this command rules and records
    /// it.</summary>
    public required SubmitRequest Ask { get; init; }

    public override void Plan(BatchState batch)
    {
        var key = new RowKey(Tree.Value, RequestId);
        if (!batch.Rows<Request>().TryRead(key, out var denied) || denied is null || !Renewals.Plan(batch, batch.Tree(Tree), denied))
            return;
        if (denied.Change == AskedChange.Renew)
            batch.Rows<RenewalReport>().Want(key);
        Ask.Draft = Renewals.OnItsOffer(batch, batch.Tree(Tree), denied, Ask.Draft);
        Ask.Plan(batch);
    }

    public override Outcome<CounterOfferTaken> Decide(BatchState batch)
    {
        var denied = batch.Rows<Request>().Find(new RowKey(Tree.Value, RequestId))!;
        if (denied.AcceptedAs is { } earlier)
            return new CounterOfferTaken(earlier, null);
        var tree = batch.Tree(Tree);
        if (Renewals.Refuse(batch, tree, denied) is { } over)
            return over;
        var report = denied.Change == AskedChange.Renew ? batch.Rows<RenewalReport>().Find(new RowKey(Tree.Value, RequestId)) : null;
        if (denied.Change == AskedChange.Renew && Renewals.RefuseReport(tree, Ask.ProgrammeId, report?.Report) is { } unsaid)
            return Unsaid(denied, unsaid);
        if (ActiveProject.CheckStill(batch, Ask.ProjectId, Ask.OrganizationId) is not null)
            return Refusal.Conflict(
                "counter-offer-gone",
                $"The counter-offer of {Ask.Draft.Time} no longer passes. The project was closed. Open it again.",
                "projectId"
            ) with
            {
                MessageKo =
                    $"{Wire.HoursText(Ask.Draft.Time)} GPU시간의 대안은 더 이상 승인되지 않습니다. 프로젝트가 닫혔습니다. 프로젝트를 다시 열어 주십시오.",
            };
        if (!Ask.MakeRuling(batch, AskBasis.CounterOffer(batch)).TryGet(out var ruling, out var refusal))
            return refusal;
        if (ruling.Verdict == QuotaVerdict.Deny)
            return VerdictRefusal.ForCounterOffer(Ask.Draft.Time, ruling.Reasons);
        var decided = Ask.Record(batch, ruling);
        if (report is not null)
            batch
                .Rows<RenewalReport>()
                .Insert(RenewalReport.Of(decided.Request, report.GrantId, report.Report, report.AuthorId, report.CreatedAt));
        denied.AcceptedAs = decided.Request.Id;
        batch.Change(denied, tree.At);
        var data = new CounterOfferAcceptedData(denied.Id, denied.ProgrammeId, denied.OrganizationId, decided.Request.Id);
        batch.RecordEvent(tree.Id, Actor, RequestEvents.CounterOfferAccepted, data, denied.Livemode);
        return new CounterOfferTaken(decided.Request.Id, decided);
    }

    /// <summary>The programme asks for a report since the denial, and this call takes none.</summary>
    private Refusal Unsaid(Request denied, Refusal unsaid) =>
        Refusal.Conflict(
            "counter-offer-gone",
            $"The counter-offer of {Ask.Draft.Time} no longer passes. {unsaid.Message} "
                + $"Renew the grant with it: POST /v1/grants/{denied.ChangesGrantId}/renew.",
            "report"
        ) with
        {
            MessageKo =
                $"{Wire.HoursText(Ask.Draft.Time)} GPU시간의 대안은 더 이상 승인되지 않습니다. {unsaid.MessageKo} "
                + $"보고서와 함께 지원을 갱신해 주십시오: POST /v1/grants/{denied.ChangesGrantId}/renew.",
        };
}

/// <summary>A counter-offer that was taken.</summary>
/// <param name="RequestId">The request that took it.</param>
/// <param name="Decided">That request, when this very acceptance made it.</param>
internal sealed record CounterOfferTaken(Guid RequestId, RequestDecided? Decided);
