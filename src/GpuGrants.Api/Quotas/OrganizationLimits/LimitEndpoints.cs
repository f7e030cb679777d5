using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Quotas.Policies;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.OrganizationLimits;

/// <summary>Limits that owners of an organization set for its members and projects.</summary>
public static class LimitEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/organizations/{id:guid}/limits", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listOrganizationLimits",
                "List an organization's own limits",
                "Its members and platform administrators see all, ended ones too."
            )
            .ListsByChange<OrganizationLimitView>()
            .Refuses(404);
        v1.MapPost("/organizations/{id:guid}/limits", CreateAsync)
            .RequireScope(Scopes.Request)
            .Takes<OrganizationLimitBody>()
            .Idempotent()
            .Says(
                "createOrganizationLimit",
                "Limit members or projects",
                "For owners of the organization. The limit denies what exceeds it, from the next decision on. "
                    + "It only restricts: all other rules "
                    + "still count. A limit on projects does not count requests that name no project."
            )
            .Answers<OrganizationLimitView>(201)
            .Refuses(404, 409);
        v1.MapGet("/organizations/{id:guid}/limits/{limitId:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getOrganizationLimit", "Read an organization's own limit", "With all its versions.")
            .Answers<OrganizationLimitView>()
            .Refuses(404);
        v1.MapPatch("/organizations/{id:guid}/limits/{limitId:guid}", PatchAsync)
            .RequireScope(Scopes.Request)
            .TakesPatch<OrganizationLimitPatch>()
            .Says(
                "updateOrganizationLimit",
                "Change or end an organization's own limit",
                "For owners of the organization. A change is a new version. Decisions name the version by which they were made."
            )
            .Answers<OrganizationLimitView>()
            .Refuses(409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await SeenAsync(http, db, id);
        var page = await http.PageAsync(db.Set<QuotaPolicy>().Where(row => row.OrganizationId == id), row => row);
        Guid[] ids = [.. page.Data.Select(row => row.Id)];
        var versions = await db.Set<QuotaPolicyVersion>()
            .AsNoTracking()
            .Where(row => ids.Contains(row.PolicyId))
            .ToListAsync(http.RequestAborted);
        var byLimit = versions.ToLookup(row => row.PolicyId);
        return TypedResults.Json(page.Of(row => LimitBook.ViewOf(row, byLimit[row.Id], withVersions: false)), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid limitId)
    {
        await SeenAsync(http, db, id);
        var row = await FindAsync(http, db, id, limitId);
        var versions = await db.Set<QuotaPolicyVersion>()
            .AsNoTracking()
            .Where(one => one.PolicyId == limitId)
            .ToListAsync(http.RequestAborted);
        return http.Found(LimitBook.ViewOf(row, versions, withVersions: true), row.Version);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await MayChangeAsync(http, db, id);
        var body = await http.BodyAsync(new OrganizationLimitValidator());
        if (LimitBook.Read(body, out var unfit) is not { } limit)
            throw Problem.Thrown(unfit!);
        if (body.SubjectId is { } subject && !await IsOwnAsync(http, db, id, limit.Level, subject))
            throw Problem.Invalid("subjectId", "The organization has no such member or project.");
        // What is refused anyway reads no history. The command counts again, under the lock.
        var policy = new QuotaPolicy { Id = Guid.Empty, OrganizationId = id };
        using var prepared = await IsFullAsync(http, db, id)
            ? null
            : await PolicyHistory.PrepareAsync(
                http,
                db,
                policy,
                QuotaConfigReader.PlatformTimeZone,
                PolicyWriter.Write(limit.ToDocument())
            );
        return await http.RunAsync(
            new Change<(QuotaPolicy Row, List<QuotaPolicyVersion> Versions)>
            {
                Tree = TreeId.Platform,
                RunsAlone = true,
                BeginsToCount = prepared?.Signatures ?? [],
                Actor = http.Actor(),
                Planning = batch => Plan(batch, id),
                Deciding = batch =>
                {
                    if (batch.Rows<Organization>().Find(new RowKey(id)) is not { Status: OrganizationStatus.Active } organization)
                        return OrganizationChange.NotActive();
                    return LimitBook.RefuseMore(batch, id) is { } refused
                        ? refused
                        : LimitBook.Make(batch, http.Actor(), organization, limit);
                },
            },
            made =>
                Answer.Created(
                    $"/v1/organizations/{id}/limits/{made.Row.Id}",
                    LimitBook.ViewOf(made.Row, made.Versions, withVersions: true),
                    made.Row.Version
                )
        );
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid limitId)
    {
        await MayChangeAsync(http, db, id);
        var seen = await FindAsync(http, db, id, limitId);
        var patch = await http.PatchAsync(new OrganizationLimitPatchValidator());
        var (policy, expected) = (await PolicyRows.ReadAsync(http, db, seen), http.IfMatch());
        return await http.RunAsync(
            new Change<(QuotaPolicy Row, List<QuotaPolicyVersion> Versions)>
            {
                Tree = TreeId.Platform,
                RunsAlone = true,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    policy.Plan(batch);
                    Plan(batch, id);
                },
                Deciding = batch =>
                {
                    if (policy.Find(batch, expected, out var row, out var versions) is { } stale)
                        return stale;
                    if (LimitBook.RefuseOften(batch, id) is { } often)
                        return often;
                    var organization = batch.Rows<Organization>().Find(new RowKey(id))!;
                    if (OrganizationChange.Refuse(organization) is { } closed)
                        return closed;
                    var clearsTitle = patch.Clears(nameof(OrganizationLimitPatch.Title));
                    return LimitBook.Change(batch, http.Actor(), row, versions, organization, patch.Body, clearsTitle) is { } refused
                        ? refused
                        : (row, versions);
                },
            },
            changed => Answer.Ok(LimitBook.ViewOf(changed.Row, changed.Versions, withVersions: true), changed.Row.Version)
        );
    }

    /// <summary>Members see the limits of their organization. Reviewers who know the organization do not.</summary>
    private static async Task SeenAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OrganizationEndpoints.VisibleAsync(http, db, id);
        if (!http.Caller().BelongsTo(id) && !http.Caller().IsPlatformAdministrator)
            throw Problem.Forbidden("Only the organization's members see its own limits.");
    }

    private static Task MayChangeAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        OrganizationEndpoints.OwnedAsync(http, db, id, "Only the organization's owners limit its members and projects.");

    private static async Task<QuotaPolicy> FindAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid limitId) =>
        await db.Set<QuotaPolicy>()
            .AsNoTracking()
            .FirstOrDefaultAsync(row => row.Id == limitId && row.OrganizationId == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    private static Task<bool> IsOwnAsync(HttpContext http, GpuGrantsContext db, Guid id, SubjectLevel level, Guid subject) =>
        level == SubjectLevel.Project
            ? db.Set<Project>().AnyAsync(row => row.Id == subject && row.OrganizationId == id, http.RequestAborted)
            : db.Set<RoleAssignment>().AnyAsync(row => row.PrincipalId == subject && row.ResourceId == id, http.RequestAborted);

    private static void Plan(BatchState batch, Guid id)
    {
        batch.Rows<Organization>().Want(new RowKey(id));
        batch.Table<LimitCounts>().Want(id, batch.Tree(TreeId.Platform).At);
    }

    /// <summary>Whether the command will most likely refuse another limit.</summary>
    private static async Task<bool> IsFullAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var since = http.Now().AddHours(-24);
        var versions = await db.Set<QuotaPolicyVersion>()
            .Where(row => db.Set<QuotaPolicy>().Any(one => one.Id == row.PolicyId && one.OrganizationId == id))
            .Where(row => row.Status == "published" || row.CreatedAt > since)
            .Select(row => new
            {
                row.PolicyId,
                IsInForce = row.Status == "published",
                IsNew = row.CreatedAt > since,
            })
            .ToListAsync(http.RequestAborted);
        return versions.Where(one => one.IsInForce).DistinctBy(one => one.PolicyId).Count() >= LimitBook.MaxInForce
            || versions.Count(one => one.IsNew) >= LimitBook.MaxChangesPerDay;
    }
}
