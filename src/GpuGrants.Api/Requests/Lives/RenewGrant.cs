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
        if (Renewals.Refuse(grant, tree.At) is { } over)
            return over;
        if (Renewals.RefuseReport(tree, Ask.ProgrammeId, Report) is { } unsaid)
            return unsaid;
        if (!Ask.Rule(batch).TryGet(out var ruling, out var refusal))
            return refusal;
        var decided = Ask.Record(batch, ruling);
        if (Report is not null)
            batch.Rows<RenewalReport>().Insert(RenewalReport.Of(decided.Request, grant.Id, Report, Actor.PrincipalId, tree.At));
        return decided;
    }
}
