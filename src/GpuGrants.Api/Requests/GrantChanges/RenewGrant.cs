using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>
/// Asks for a grant that continues another one, on the same offer at its present rate. It is a request like any other. The programme may
/// ask how the grant before it went.
/// </summary>
internal sealed class RenewGrant : Command<RequestDecided>
{
    public required Guid GrantId { get; init; }

    /// <summary>How the grant went; null where nothing is said.</summary>
    public string? Report { get; init; }

    /// <summary>
    /// Makes the request of the grant as it is under the tree's lock: it may have been handed on or extended since the call began. The
    /// request is never submitted by itself: this command rules and records it.
    /// </summary>
    public required Func<Grant, SubmitRequest> AskOf { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    private (Made Of, SubmitRequest Ask)? _planned;

    public override void Plan(BatchState batch)
    {
        _planned = null;
        if (!batch.Rows<Grant>().TryRead(new RowKey(Tree.Value, GrantId), out var grant) || grant is null)
            return;
        _planned = (Made.From(grant), AskOf(grant));
        _planned.Value.Ask.Plan(batch);
    }

    public override Outcome<RequestDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (!batch.Unchanged<Grant>(new RowKey(Tree.Value, GrantId), ExpectedVersion).TryGet(out var grant, out var no))
            return no;
        if (Renewals.Refuse(grant, tree.At) is { } over)
            return over;
        if (_planned is not { } planned || planned.Of != Made.From(grant))
            return Changed;
        if (Renewals.RefuseReport(tree, grant.ProgrammeId, Report) is { } unsaid)
            return unsaid;
        if (!planned.Ask.MakeRuling(batch).TryGet(out var ruling, out var refusal))
            return refusal;
        var decided = planned.Ask.Record(batch, ruling);
        if (Report is not null)
            batch.Rows<RenewalReport>().Insert(RenewalReport.Of(decided.Request, grant.Id, Report, Actor.PrincipalId, tree.At));
        return decided;
    }

    /// <summary>An earlier command of the same batch changed what the request was made of.</summary>
    private static Refusal Changed { get; } =
        Refusal.Conflict("changed-meanwhile", "The grant changes at this very moment. Try again.", "status") with
        {
            MessageKo = "지원이 바로 지금 변경되고 있습니다. 다시 시도해 주십시오.",
        };

    /// <summary>What the request takes from the grant.</summary>
    private readonly record struct Made(Guid? ProjectId, Guid OfferId, int Gpus, DateTimeOffset ExpiresAt, long GpuSeconds, bool IsOpen)
    {
        public static Made From(Grant grant) =>
            new(grant.ProjectId, grant.OfferId, grant.Gpus, grant.ExpiresAt, grant.GpuSeconds - grant.GraceGpuSeconds, grant.IsOpen);
    }
}
