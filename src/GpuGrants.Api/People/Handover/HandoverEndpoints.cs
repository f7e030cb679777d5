using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.People.Handover;

/// <summary>Handing ownership of organizations over.</summary>
public static class HandoverEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/handovers", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listHandovers",
                "List handovers",
                "Of organizations that you own, and those that name you. Platform administrators see all."
            )
            .ListsByTime<HandoverView>("organizationId");
        v1.MapPost("/organizations/{id:guid}/handovers", StartAsync)
            .RequireScope(Scopes.Request, Scopes.Administer)
            .Takes<HandoverBody>()
            .Idempotent()
            .Says(
                "startHandover",
                "Hand an organization over",
                "Owners offer it to a member. A platform administrator who belongs to neither side names "
                    + "somebody who signed up, with a reason, when "
                    + "the only owner has vanished. The old owner gets a mail then and has time to stop it."
            )
            .Answers<HandoverView>(201)
            .Refuses(404, 409);
        v1.MapPost("/handovers/{id:guid}/accept", AcceptAsync)
            .RequireScope(Scopes.Request)
            .Idempotent()
            .Says(
                "acceptHandover",
                "Accept a handover",
                "For the one who is named. You own the organization then; an owner who offered it stays as a member."
            )
            .Answers<HandoverView>()
            .Refuses(404, 409);
        v1.MapPost("/handovers/{id:guid}/stop", StopAsync)
            .RequireScope(Scopes.Request, Scopes.Administer)
            .Idempotent()
            .Says("stopHandover", "Stop a handover", "For the organization's owners, the one who is named, and platform administrators.")
            .Answers<HandoverView>()
            .Refuses(404, 409);
    }

    private static IQueryable<HandoverRow> Visible(GpuGrantsContext db, Caller caller)
    {
        var (owned, me) = (caller.With(Roles.OrganizationOwner), caller.PrincipalId);
        return db.Set<HandoverRow>()
            .Where(row => caller.IsPlatformAdministrator || row.ToPrincipalId == me || owned.Contains(row.OrganizationId));
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var now = http.Now();
        var rows = Visible(db, http.Caller()).OnlyIds(http, "organizationId", row => row.OrganizationId);
        return TypedResults.Json(await http.PageAsync(rows, row => HandoverView.Of(row, now)), ApiJson.Options);
    }

    private static async Task<IResult> StartAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var caller = http.Caller();
        var seen = await OrganizationEndpoints.OwnedAsync(http, db, id, "Only the organization's owners hand it over.");
        var isRescue = !caller.Has(Roles.OrganizationOwner, id);
        caller.Demand(isRescue ? Scopes.Administer : Scopes.Request);
        var body = await http.BodyAsync(new HandoverValidator(isRescue));
        var services = http.RequestServices;
        var roles = await db.Set<RoleAssignment>().Where(row => row.ResourceId == id).ToListAsync(http.RequestAborted);
        var from = isRescue ? Owner(roles) : caller.PrincipalId;
        var days = services.GetRequiredService<IOptions<HandoverOptions>>().Value.RescueDays;
        return await http.RunAsync(
            new StartHandover
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                OrganizationId = id,
                From = from,
                To = body.PrincipalId!.Value,
                Reason = body.Reason,
                Rescuer = isRescue ? http.Decider() : null,
                Wait = TimeSpan.FromDays(days),
                MemberRole = RoleOf(roles, body.PrincipalId.Value, Roles.OrganizationMember),
                OpenId = await db.Set<HandoverRow>()
                    .Where(row => row.OrganizationId == id && row.Status == HandoverStatus.Open)
                    .Select(row => (Guid?)row.Id)
                    .FirstOrDefaultAsync(http.RequestAborted),
                Letter = isRescue ? await LetterAsync(services, db, seen.Name, from, days, http.RequestAborted) : null,
            },
            row => Answer.Created(null, HandoverView.Of(row, row.CreatedAt))
        );
    }

    private static async Task<IResult> AcceptAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen =
            await Visible(db, http.Caller()).FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted) ?? throw Problem.NotFound();
        var me = http.Caller().PrincipalId;
        if (seen.ToPrincipalId != me)
            throw Problem.Forbidden("Only the one who is named accepts a handover.");
        var roles = await db.Set<RoleAssignment>().Where(row => row.ResourceId == seen.OrganizationId).ToListAsync(http.RequestAborted);
        return await http.RunAsync(
            new AcceptHandover
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                HandoverId = id,
                Seen = seen,
                OwnerRole = RoleOf(roles, seen.FromPrincipalId, Roles.OrganizationOwner),
                OldMemberRole = RoleOf(roles, seen.FromPrincipalId, Roles.OrganizationMember),
                NextOwnerRole = RoleOf(roles, me, Roles.OrganizationOwner),
                MemberRole = RoleOf(roles, me, Roles.OrganizationMember),
                Clients = await Memberships.WideClientsAsync(http, db, me),
                Most = http.RequestServices.GetRequiredService<IOptions<HoldingOptions>>().Value.OrganizationsPerPerson,
                Book = await VerificationBook.ReadAsync(db, seen.OrganizationId, http.RequestAborted),
            },
            row => Answer.Ok(HandoverView.Of(row, row.EndedAt!.Value))
        );
    }

    private static async Task<IResult> StopAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        if (!await Visible(db, http.Caller()).AnyAsync(row => row.Id == id, http.RequestAborted))
            throw Problem.NotFound();
        return await http.RunAsync(
            new Change<HandoverRow>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch => batch.Rows<HandoverRow>().Want(new RowKey(id)),
                Deciding = batch =>
                {
                    var at = batch.Tree(TreeId.Platform).At;
                    var row = batch.Rows<HandoverRow>().Find(new RowKey(id))!;
                    if (row.StatusAt(at) is var status && status != HandoverStatus.Open)
                        return Refusal.Conflict("handover-not-open", $"The handover is {status}.", "status");
                    HandoverEnd.Stop(batch, row, http.Actor());
                    return row;
                },
            },
            row => Answer.Ok(HandoverView.Of(row, row.EndedAt!.Value))
        );
    }

    private static Guid? RoleOf(List<RoleAssignment> roles, Guid principal, string role) =>
        roles.Find(one => one.PrincipalId == principal && one.Role == role)?.Id;

    /// <summary>The only owner; the command refuses when there are more.</summary>
    private static Guid Owner(List<RoleAssignment> roles) =>
        roles.Find(one => one.Role == Roles.OrganizationOwner)?.PrincipalId
        ?? throw new ProblemException(
            Problem.Document(409, "changed-meanwhile", "The organization's owners change at this moment. Try again.")
        );

    private static async Task<byte[]?> LetterAsync(
        IServiceProvider services,
        GpuGrantsContext db,
        string organization,
        Guid owner,
        int days,
        CancellationToken cancellation
    )
    {
        var outbox = services.GetRequiredService<Outbox>();
        if (!outbox.IsOpen)
            return null;
        await outbox.CheckRoomAsync(db, cancellation);
        var person = await (
            from principal in db.Set<Principal>()
            where principal.Id == owner
            join one in db.Set<PersonRow>() on principal.PersonId equals one.Id
            where one.Status == PersonRow.Active
            select one
        ).FirstOrDefaultAsync(cancellation);
        return person is null ? null : outbox.Seal(Letters.Rescue(person.Email!, person.Language!, organization, days));
    }
}
