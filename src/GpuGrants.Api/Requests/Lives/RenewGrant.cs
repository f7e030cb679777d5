using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.Lives;

/// <summary>
/// Asks for a grant that continues another one, on the same offer at its present rate. It is a request like any other. The programme may
/// ask how the grant before it went.
/// </summary>
internal sealed class RenewGrant : Command<RequestDecided>
{
    public required Guid GrantId { get; init; }

    /// <summary>How the grant went; null where nothing is said.</summary>
    public string? Report { get; init; }

    /// <summary>The request. It is never submitted by itself: this command rules and records it.</summary>
    public required SubmitRequest Ask { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch)
    {
        batch.Rows<Grant>().Want(new RowKey(Tree.Value, GrantId));
        Ask.Plan(batch);
    }

    public override Outcome<RequestDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (batch.Rows<Grant>().Find(new RowKey(Tree.Value, GrantId)) is not { } grant)
            return Refusal.NotFound;
        if (ExpectedVersion is { } versions && !versions.Has(grant.Version))
            return Refusal.Stale(grant.Version);
        if (grant.EndedAs is GrantEnd.Revoked or GrantEnd.Moved || grant.StatusAt(tree.At) == GrantStatus.Scheduled)
            return Refusal.Conflict("grant-not-renewable", NotRenewable(grant), "status") with { MessageKo = NotRenewableKo(grant) };
        if (Report is null && tree.Config.Programmes.TryGetValue(Ask.ProgrammeId, out var programme) && programme.Terms.RenewalsNeedReport)
            return Refusal.Invalid("report", "The programme asks how the grant went. State it in a report.") with
            {
                MessageKo = "이 프로그램은 지원의 결과를 묻습니다. 보고서(report)에 적어 주십시오.",
            };
        if (!Ask.Rule(batch).TryGet(out var ruling, out var refusal))
            return refusal;
        var decided = Ask.Record(batch, ruling);
        if (Report is not null)
            batch
                .Rows<RenewalReport>()
                .Insert(
                    new RenewalReport
                    {
                        RootProgrammeId = Tree.Value,
                        RequestId = decided.Request.Id,
                        GrantId = grant.Id,
                        Report = Report,
                        AuthorId = Actor.PrincipalId,
                        CreatedAt = tree.At,
                    }
                );
        return decided;
    }

    private static string NotRenewableKo(Grant grant) =>
        grant.EndedAs switch
        {
            GrantEnd.Revoked => "회수된 지원은 갱신할 수 없습니다. 새로 신청해 주십시오: POST /v1/requests.",
            GrantEnd.Moved => "이 지원은 다른 지원으로 이어졌습니다. 그 지원을 갱신해 주십시오.",
            _ => "지원이 아직 시작되지 않았습니다. 시작된 뒤 갱신하거나 시간을 추가해 주십시오.",
        };

    private static string NotRenewable(Grant grant) =>
        grant.EndedAs switch
        {
            GrantEnd.Revoked => "The grant was revoked, so it is not renewed. Ask anew: POST /v1/requests.",
            GrantEnd.Moved => "The grant goes on as another one. Renew that one.",
            _ => "The grant has not started. Renew it once it runs, or top it up.",
        };
}
