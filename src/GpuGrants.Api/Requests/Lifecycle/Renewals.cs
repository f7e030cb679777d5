using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// What holds for a request that asks to renew a grant, for as long as it may still be decided: the grant can be renewed, and its own offer
/// alone serves the request. All other requests pass.
/// </summary>
internal static class Renewals
{
    /// <summary>Wants the grant that a request renews.</summary>
    /// <returns>False while it is not read yet.</returns>
    public static bool Plan(BatchState batch, TreeChanges tree, Request request) =>
        request.Change != AskedChange.Renew || batch.Rows<Grant>().TryRead(KeyOf(tree, request), out _);

    /// <summary>The draft, for the offer of the grant that the request renews.</summary>
    public static RequestDraft OnItsOffer(BatchState batch, TreeChanges tree, Request request, RequestDraft draft) =>
        request.Change == AskedChange.Renew ? draft with { OfferId = batch.Rows<Grant>().Find(KeyOf(tree, request))!.OfferId } : draft;

    /// <summary>Why the applicant cannot go on with it; null when they can.</summary>
    public static Refusal? Refuse(BatchState batch, TreeChanges tree, Request request) =>
        request.Change == AskedChange.Renew ? Refuse(batch.Rows<Grant>().Find(KeyOf(tree, request))!, tree.At) : null;

    /// <summary>Why nobody can approve it; null when somebody can.</summary>
    public static Refusal? RefuseVerdict(BatchState batch, TreeChanges tree, Request request) =>
        Refuse(batch, tree, request) is { } refusal
            ? refusal with
            {
                Message = "The grant that it renews was revoked, or goes on as another one. Deny the request.",
                MessageKo = "갱신하려는 지원이 회수되었거나 다른 지원으로 이어졌습니다. 신청을 거절해 주십시오.",
            }
            : null;

    /// <summary>Why the grant cannot be renewed; null when it can.</summary>
    public static Refusal? Refuse(Grant grant, DateTimeOffset at) =>
        grant.EndedAs is GrantEnd.Revoked or GrantEnd.Moved || grant.StatusAt(at) == GrantStatus.Scheduled
            ? Refusal.Conflict("grant-not-renewable", NotRenewable(grant), "status") with
            {
                MessageKo = NotRenewableKo(grant),
            }
            : null;

    /// <summary>Why it needs a report on the grant; null when there is one, or nobody asks for it.</summary>
    public static Refusal? RefuseReport(TreeChanges tree, Guid programmeId, string? report) =>
        report is null && tree.Config.Programmes.TryGetValue(programmeId, out var programme) && programme.Terms.RenewalsNeedReport
            ? Refusal.Invalid("report", "The programme asks how the grant went. State it in a report.") with
            {
                MessageKo = "이 프로그램은 지원의 결과를 묻습니다. 보고서(report)에 적어 주십시오.",
            }
            : null;

    private static RowKey KeyOf(TreeChanges tree, Request request) => new(tree.RootProgrammeId, request.ChangesGrantId!.Value);

    private static string NotRenewable(Grant grant) =>
        grant.EndedAs switch
        {
            GrantEnd.Revoked => "The grant was revoked, so it is not renewed. Ask anew: POST /v1/requests.",
            GrantEnd.Moved => "The grant goes on as another one. Renew that one.",
            _ => "The grant has not started. Renew it once it runs, or top it up.",
        };

    private static string NotRenewableKo(Grant grant) =>
        grant.EndedAs switch
        {
            GrantEnd.Revoked => "회수된 지원은 갱신할 수 없습니다. 새로 신청해 주십시오: POST /v1/requests.",
            GrantEnd.Moved => "이 지원은 다른 지원으로 이어졌습니다. 그 지원을 갱신해 주십시오.",
            _ => "지원이 아직 시작되지 않았습니다. 시작된 뒤 갱신하거나 시간을 추가해 주십시오.",
        };
}
