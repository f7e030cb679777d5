using System.Text.Json;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace GpuGrants.Api.Requests.Views;

/// <summary>
/// A verdict with its request and grant as they were at that moment. The decision, its snapshot and the hold's end never change. The ask
/// changes by amendments alone, which keep what they replace as revisions. All else of request and grant is set back to that moment, so
/// what happened later does not show.
/// </summary>
internal sealed class PinnedRequest(GpuGrantsContext db, NpgsqlDataSource database)
{
    public async Task<RequestDecided> ReadAsync(Guid root, Guid decisionId, CancellationToken cancellation)
    {
        var decision = await db.Set<Decision>()
            .AsNoTracking()
            .FirstAsync(row => row.RootProgrammeId == root && row.Id == decisionId, cancellation);
        var revisions = await db.Set<RequestRevision>()
            .AsNoTracking()
            .Where(row => row.RootProgrammeId == root && row.RequestId == decision.RequestId)
            .OrderBy(row => row.Version)
            .ToListAsync(cancellation);
        var request =
            revisions.Find(row => row.Version >= decision.RequestVersion)?.Read()
            ?? await db.Set<Request>()
                .AsNoTracking()
                .FirstAsync(row => row.RootProgrammeId == root && row.Id == decision.RequestId, cancellation);
        var firstVersion = (revisions.FindLast(row => row.Version < decision.RequestVersion)?.Version ?? 0) + 1;
        await SetBackAsync(request, decision, firstVersion, cancellation);
        return new RequestDecided(
            request,
            decision,
            JsonSerializer.Deserialize<DecisionExplanation>(decision.Explanation, ApiJson.Options)!,
            await QuotasAsync(decision),
            decision.Verdict == DecisionVerdict.Approved && !request.ChangesInPlace
                ? await AwardedAsync(request, decision, cancellation)
                : null
        );
    }

    /// <summary>Takes the request back to the moment of the verdict.</summary>
    private async Task SetBackAsync(Request request, Decision decision, long firstVersion, CancellationToken cancellation)
    {
        request.Status = decision.Verdict switch
        {
            DecisionVerdict.Review or DecisionVerdict.Endorsed => RequestStatus.InReview,
            var closed => closed,
        };
        // A revision counts approvals from nothing, and every verdict of a person makes one version more.
        var verdicts = (int)(decision.RequestVersion - firstVersion);
        request.ApprovalsGiven = decision.Verdict is DecisionVerdict.Endorsed or DecisionVerdict.Approved
            ? verdicts
            : Math.Max(0, verdicts - 1);
        request.Version = decision.RequestVersion;
        request.UpdatedAt = decision.CreatedAt;
        request.DecisionId = decision.Id;
        request.AcceptedAs = null;
        if (request.Status != RequestStatus.InReview || request.TimeHoldId is null)
            return;
        request.Credits = request.CostOf(Units.GpuTime.FromSeconds(request.GpuSeconds)).Units;
        request.HoldExpiresAt = await db.Set<HoldRow>()
            .Where(row => row.RootProgrammeId == request.RootProgrammeId && row.Id == request.TimeHoldId)
            .Select(row => row.ExpiresAt)
            .FirstAsync(cancellation);
    }

    /// <summary>The grant as it was awarded: the request says all that may have changed since.</summary>
    private async Task<Grant> AwardedAsync(Request request, Decision decision, CancellationToken cancellation)
    {
        var (root, id) = (request.RootProgrammeId, request.GrantId!.Value);
        var grant = await db.Set<Grant>().AsNoTracking().FirstAsync(row => row.RootProgrammeId == root && row.Id == id, cancellation);
        grant.StartsAt = request.StartsAt > grant.CreatedAt ? request.StartsAt : grant.CreatedAt;
        grant.ExpiresAt = grant.StartsAt.AddSeconds(request.DurationSeconds);
        grant.Status = grant.StartsAt > grant.CreatedAt ? GrantStatus.Scheduled : GrantStatus.Active;
        grant.ProjectId = request.ProjectId;
        grant.HolderId = null;
        grant.Gpus = request.Gpus;
        grant.GpuSeconds = decision.GpuSeconds;
        grant.AddedGpuSeconds = grant.GraceGpuSeconds = grant.UnchargedGpuMicroseconds = 0;
        grant.SuspendedAt = null;
        grant.UsedGpuSeconds = grant.UsedGpuMicroseconds = grant.ReturnedGpuSeconds = 0;
        grant.EndReason = null;
        grant.EndedAt = grant.SettlesAt = null;
        grant.EndedAs = null;
        grant.Version = 1;
        grant.UpdatedAt = grant.CreatedAt;
        return grant;
    }

    /// <summary>What the rules said, taken again from the snapshot; null when no rule was asked.</summary>
    private async Task<QuotaDecision?> QuotasAsync(Decision decision)
    {
        if (decision.Snapshot is not { } bytes || DecisionSnapshot.FromBytes(bytes) is not { Context.OfferId: not null } snapshot)
            return null;
        await using var connection = await database.OpenConnectionAsync();
        return snapshot.Replay(
            await QuotaConfigReader.ReadPoliciesAsync(connection, [TreeId.Of(decision.RootProgrammeId), TreeId.Platform], _ => null)
        );
    }
}
