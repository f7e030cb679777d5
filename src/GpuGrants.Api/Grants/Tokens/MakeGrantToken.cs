using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Grants.Tokens;

/// <summary>Lets a grant have a token, and remembers until when it lives.</summary>
internal sealed class MakeGrantToken : Command<AllowedToken>
{
    public required Guid GrantId { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<Grant>().Want(new RowKey(Tree.Value, GrantId));
        batch.Rows<GrantTokenRow>().Want(new RowKey(Tree.Value, GrantId));
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        if (batch.Rows<Grant>().TryRead(new RowKey(Tree.Value, GrantId), out var grant) && grant is not null)
            batch.Rows<Organization>().Want(new RowKey(grant.OrganizationId));
    }

    public override Outcome<AllowedToken> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (batch.Rows<Grant>().Find(new RowKey(Tree.Value, GrantId)) is not { } grant)
            return Refusal.NotFound;
        if (grant.Status is not (GrantStatus.Active or GrantStatus.Scheduled) || grant.ExpiresAt <= at)
            return Refusal.Conflict("grant-not-active", $"The grant is {grant.StandingAt(at)}. Only active grants have tokens.", "status");
        if (batch.Tree(Tree).Config.SuspendingFreezeOf(grant) is { } freeze)
            return Refusal.Conflict("grant-frozen", $"A freeze of the {freeze.Scope} suspends grants. Wait until it is lifted.", "status");
        if (batch.Rows<Organization>().Find(new RowKey(grant.OrganizationId)) is not { Status: OrganizationStatus.Active })
            return Refusal.Conflict("grant-not-active", "The organization is suspended or closed. Its grants have no tokens.", "status");
        var expires = Whole(at + GrantTokens.Lifetime < grant.ExpiresAt ? at + GrantTokens.Lifetime : grant.ExpiresAt);
        if (grant.StartsAt >= expires)
            return Refusal.Conflict(
                "grant-not-started",
                $"The grant starts at {UtcMoments.Text(grant.StartsAt)}. Get a token in the hour before.",
                "startsAt"
            );
        Remember(batch, grant, expires);
        var token = Guid.CreateVersion7(at);
        batch.RecordEvent(Tree, Actor, GrantEvents.TokenMade, new GrantTokenData(grant.Id, grant.OrganizationId, token), grant.Livemode);
        return new AllowedToken(grant, token, at, expires);
    }

    private static void Remember(BatchState batch, Grant grant, DateTimeOffset expires)
    {
        var rows = batch.Rows<GrantTokenRow>();
        if (rows.Find(new RowKey(grant.RootProgrammeId, grant.Id)) is not { } row)
            rows.Insert(
                new GrantTokenRow
                {
                    RootProgrammeId = grant.RootProgrammeId,
                    GrantId = grant.Id,
                    ProviderId = grant.ProviderId,
                    ExpiresAt = expires,
                }
            );
        else if (row.ExpiresAt < expires)
        {
            row.ExpiresAt = expires;
            rows.Update(row);
        }
        else
            return;
        batch.Tree(TreeId.Of(grant.RootProgrammeId)).MarkChanged();
    }

    /// <summary>Tokens have whole seconds. Rounded down, so that none outlives its grant.</summary>
    private static DateTimeOffset Whole(DateTimeOffset moment) => moment.AddTicks(-(moment.Ticks % TimeSpan.TicksPerSecond));
}

/// <summary>A token that may be made.</summary>
/// <param name="Grant">What it is for.</param>
/// <param name="Id">Its <c>jti</c>.</param>
/// <param name="At">When it is made.</param>
/// <param name="ExpiresAt">Until when it lives, in whole seconds.</param>
internal sealed record AllowedToken(Grant Grant, Guid Id, DateTimeOffset At, DateTimeOffset ExpiresAt);
