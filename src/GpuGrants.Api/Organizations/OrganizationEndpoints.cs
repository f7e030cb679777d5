using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Organizations;

/// <summary>Organizations and their members.</summary>
public static class OrganizationEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/organizations", CreateAsync)
            .RequireScope(Scopes.Request)
            .Takes<OrganizationBody>()
            .Idempotent()
            .Says(
                "createOrganization",
                "Create an organization",
                "The caller becomes its owner. A platform administrator may create another owner in the same call."
            )
            .Answers<OrganizationView>(201)
            .Refuses(409);
        v1.MapGet("/organizations", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listOrganizations", "List organizations", "Lists organizations that you belong to. Platform administrators see all.")
            .ListsByChange<OrganizationView>("kind", "status", "externalId");
        v1.MapGet("/organizations/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "getOrganization",
                "Read an organization",
                "Its members, reviewers of programmes that it asked, and platform administrators may read it."
            )
            .Answers<OrganizationView>()
            .Refuses(404);
        v1.MapPatch("/organizations/{id:guid}", PatchAsync)
            .RequireScope(Scopes.Request)
            .TakesPatch<OrganizationPatch>()
            .Says(
                "updateOrganization",
                "Change an organization",
                "Owners change name and country. A verification of what changes ends with it. Platform administrators also suspend."
            )
            .Answers<OrganizationView>();
        v1.MapPost("/organizations/{id:guid}/close", CloseAsync)
            .RequireScope(Scopes.Request)
            .Idempotent()
            .Says("closeOrganization", "Close an organization", "It cannot ask for anything more. Its grants run on until they end.")
            .Answers<OrganizationView>()
            .Refuses(404, 409);
        v1.MapGet("/organizations/{id:guid}/members", OrganizationMembers.ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listOrganizationMembers", "List members", "Owners and members.")
            .ListsByTime<MemberView>()
            .Refuses(404);
        v1.MapPost("/organizations/{id:guid}/members", OrganizationMembers.AddAsync)
            .RequireScope(Scopes.Request)
            .Takes<MemberBody>()
            .Idempotent()
            .Says(
                "addOrganizationMember",
                "Add a member",
                "Owners add an existing principal, or a new one whose credentials the answer shows once."
            )
            .Answers<MemberView>(201)
            .Refuses(404, 409);
        v1.MapDelete("/organizations/{id:guid}/members/{principalId:guid}", OrganizationMembers.RemoveAsync)
            .RequireScope(Scopes.Request, Scopes.Review, Scopes.Provide, Scopes.Administer)
            .Says(
                "removeOrganizationMember",
                "Remove a member, or leave",
                "Owners remove members, and everybody may remove themselves. The last owner has to stay."
            )
            .AnswersEmpty()
            .Refuses(404, 409);
    }

    /// <summary>The organizations that the caller may see: its own, and those that asked in programmes that it reviews.</summary>
    internal static IQueryable<Organization> Visible(GpuGrantsContext db, Caller caller)
    {
        var rows = db.Set<Organization>();
        if (caller.IsPlatformAdministrator)
            return rows;
        var mine = caller.Organizations;
        if (caller.ReviewedProgrammes.Length == 0)
            return rows.Where(row => mine.Contains(row.Id));
        var reviewed = ReviewedProgrammes.Ids(db, caller);
        return rows.Where(row =>
            mine.Contains(row.Id)
            || db.Set<Request>().Any(request => request.OrganizationId == row.Id && reviewed.Contains(request.ProgrammeId))
        );
    }

    /// <summary>The organization if the caller may see it.</summary>
    public static async Task<Organization> VisibleAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    /// <summary>The organization, for its owners and, unless it says otherwise, for platform administrators.</summary>
    /// <param name="http">The call.</param>
    /// <param name="db">For reading.</param>
    /// <param name="id">The organization.</param>
    /// <param name="refusal">What others are told who may see it.</param>
    /// <param name="onlyOwners">Whether administrators are others too.</param>
    /// <exception cref="ProblemException">The caller may not see it, or is none of these.</exception>
    public static async Task<Organization> OwnedAsync(
        HttpContext http,
        GpuGrantsContext db,
        Guid id,
        string refusal,
        bool onlyOwners = false
    )
    {
        var row = await VisibleAsync(http, db, id);
        var caller = http.Caller();
        return caller.Has(Roles.OrganizationOwner, id) || (!onlyOwners && caller.Owns(id)) ? row : throw Problem.Forbidden(refusal);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var body = await http.BodyAsync(new OrganizationValidator());
        if ((body.OwnerName ?? body.OwnerSubject) is not null && !caller.IsPlatformAdministrator)
            throw Problem.Forbidden(
                "Only platform administrators create an organization for another owner. Leave ownerName and ownerSubject out "
                    + "to own it yourself."
            );
        var owner = await Newcomer.OfAsync(http, db, body.OwnerName, "ownerName", body.OwnerSubject, "ownerSubject");
        var most = http.RequestServices.GetRequiredService<IOptions<HoldingOptions>>().Value.OrganizationsPerPerson;
        return await Newcomer.OnceAsync(() =>
            http.RunAsync(
                new Change<OrganizationView>
                {
                    Tree = TreeId.Platform,
                    Actor = http.Actor(),
                    Planning = batch =>
                    {
                        batch.Table<Holdings>().Want(caller.Actor.Person);
                        owner?.Plan(batch, caller.Actor);
                    },
                    Deciding = batch =>
                        caller.IsPlatformAdministrator || NewOrganization.Refuse(batch, caller.Actor.Person, most) is not { } refused
                            ? Create(batch, caller.Actor, body, owner)
                            : refused,
                },
                made => Answer.Created($"/v1/organizations/{made.Id}", made, made.Version),
                made => Answer.Created($"/v1/organizations/{made.Id}", made.WithoutSecret(), made.Version)
            )
        );
    }

    private static OrganizationView Create(BatchState batch, Actor actor, OrganizationBody body, Newcomer? newcomer)
    {
        CredentialsView? client = null;
        var row = new NewOrganization(body.Kind!, body.Name!, body.Country!, body.Livemode ?? true).Make(
            batch,
            actor,
            organization =>
            {
                if (newcomer is null)
                    return actor.PrincipalId;
                (var owner, client) = newcomer.Enter(batch, actor, null, Roles.OrganizationOwner, organization);
                return owner;
            }
        );
        (row.ExternalId, row.Metadata) = (body.ExternalId, Metadata.ToJson(body.Metadata));
        if (newcomer is null)
            batch.Table<Holdings>().Of(actor.Person).Organizations++;
        return OrganizationView.Of(row) with { OwnerClient = client };
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var mine = caller.Organizations;
        var rows = db.Set<Organization>()
            .Where(row => caller.IsPlatformAdministrator || mine.Contains(row.Id))
            .OnlyWords(http, "kind", row => row.Kind, OrganizationKinds.All)
            .OnlyWords(http, "externalId", row => row.ExternalId)
            .OnlyWords(http, "status", row => row.Status, OrganizationStatus.All);
        return TypedResults.Json(await http.PageAsync(rows, OrganizationView.Of), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await VisibleAsync(http, db, id);
        return http.Found(OrganizationView.Of(row), row.Version);
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var caller = http.Caller();
        var seen = await OwnedAsync(http, db, id, "Only the organization's owners change it.");
        var patch = await http.PatchAsync(new OrganizationPatchValidator());
        var body = patch.Body;
        if (!caller.IsPlatformAdministrator && body.Status is not null)
            throw Problem.Forbidden("Only platform administrators suspend organizations.");
        var book = await VerificationBook.ReadAsync(db, id, http.RequestAborted);
        var changesStatus = seen.Status != OrganizationStatus.Closed && (body.Status ?? seen.Status) != seen.Status;
        return await ChangeAsync(
            http,
            id,
            http.IfMatch(),
            book.Plan,
            (batch, row) =>
            {
                // It has another status since the call came, and to change that the command would have to be alone.
                if (!changesStatus && (body.Status ?? row.Status) != row.Status)
                    return Refusal.Stale(row.Version);
                var (name, country) = (body.Name ?? row.Name, body.Country ?? row.Country);
                if (patch.Rename(row) is { } refused)
                    return refused;
                // What was verified is no longer what the organization says of itself, whoever changes it.
                if (name != row.Name)
                    book.FallWith(batch, http.Actor(), row, Verification.NameField);
                if (country != row.Country)
                    book.FallWith(batch, http.Actor(), row, Verification.CountryField);
                (row.Name, row.Country, row.Status) = (name, country, body.Status ?? row.Status);
                return null;
            },
            OrganizationEvents.Updated,
            body.Status is null ? null : http.Decider(),
            changesStatus
        );
    }

    private static async Task<IResult> CloseAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await OwnedAsync(http, db, id, "Only the organization's owners close it.");
        return await ChangeAsync(
            http,
            id,
            null,
            null,
            (_, row) =>
            {
                row.Status = OrganizationStatus.Closed;
                return null;
            },
            OrganizationEvents.Closed,
            changesStatus: seen.Status != OrganizationStatus.Closed
        );
    }

    private static Task<IResult> ChangeAsync(
        HttpContext http,
        Guid id,
        ExpectedVersions? expected,
        Action<BatchState>? plan,
        Func<BatchState, Organization, Refusal?> change,
        EventType<OrganizationData> type,
        Decider? decider = null,
        bool changesStatus = false
    ) =>
        http.RunAsync(
            new ChangeResource<Organization>
            {
                Tree = TreeId.Platform,
                // Alone: once a suspension or an end is acknowledged, nothing is granted to the organization any more. What would change no
                // status makes nobody wait.
                RunsAlone = changesStatus,
                Actor = http.Actor(),
                Key = new RowKey(id),
                ExpectedVersion = expected,
                Planning = batch =>
                {
                    plan?.Invoke(batch);
                    decider?.Plan(batch);
                },
                Changing = (batch, row) =>
                {
                    var at = batch.Tree(TreeId.Platform).At;
                    if (decider?.Refuse(batch, at, Party.Organization(row.Id)) is { } own)
                        return own;
                    if (OrganizationChange.Refuse(row) is { } closed)
                        return closed;
                    if (change(batch, row) is { } refused)
                        return refused;
                    decider?.Decided(batch, TreeId.Platform, row.Id);
                    return null;
                },
                Recording = (batch, row) => OrganizationChange.RecordEvent(batch, http.Actor(), row, type),
            },
            row => Answer.Ok(OrganizationView.Of(row), row.Version)
        );
}
