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
using GpuGrants.Api.Store;
using GpuGrants.People;
using GpuGrants.Requests;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People.Minors;

/// <summary>Schools confirm for minors who are their members.</summary>
internal static class SchoolConfirmationEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/organizations/{id:guid}/confirmations", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listConfirmations", "List a school's confirmations", "For owners of a school, the newest first.")
            .Lists<MinorConfirmationView>()
            .Refuses(404);
        v1.MapPost("/organizations/{id:guid}/confirmations", ConfirmAsync)
            .RequireScope(Scopes.Request)
            .Takes<SchoolConfirmationBody>()
            .Idempotent()
            .Says(
                "confirmMember",
                "Confirm for a member",
                "For owners of a verified school who have stated to be of age. The member is a minor who may "
                    + "ask then where a programme needs a "
                    + "confirmation, as long as they are a member and the school is verified. Nobody confirms for themselves."
            )
            .Answers<MinorConfirmationView>(201)
            .Refuses(404, 409);
        v1.MapPost("/organizations/{id:guid}/confirmations/{confirmationId:guid}/withdraw", WithdrawAsync)
            .RequireScope(Scopes.Request)
            .Idempotent()
            .Says("withdrawMemberConfirmation", "Withdraw a school's confirmation", "For owners of the school.")
            .Answers<MinorConfirmationView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OwnAsync(http, db, id);
        return TypedResults.Json(
            await http.PageAsync(db.Set<MinorConfirmation>().Where(row => row.OrganizationId == id), MinorConfirmationView.Of),
            ApiJson.Options
        );
    }

    private static async Task<IResult> ConfirmAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var school = await OwnAsync(http, db, id);
        var body = await http.BodyAsync(new SchoolConfirmationValidator());
        if (RefuseKind(school) is { } other)
            throw Problem.Thrown(other);
        var member = body.PrincipalId!.Value;
        if (member == http.Actor().Person)
            throw new ProblemException(
                Problem.Document(409, "own-confirmation", "Nobody confirms for themselves. Another owner has to.", "principalId")
            );
        var role = await db.Set<RoleAssignment>()
            .Where(row => row.PrincipalId == member && row.ResourceId == id)
            .Select(row => (Guid?)row.Id)
            .FirstOrDefaultAsync(http.RequestAborted);
        return await http.RunAsync(
            new Change<MinorConfirmationView>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    Confirmations.Plan(batch, member);
                    batch.Rows<PersonRow>().Want(new RowKey(http.Actor().Person));
                    batch.Rows<Organization>().Want(new RowKey(id));
                    if (role is { } planned)
                        batch.Rows<RoleAssignment>().Want(new RowKey(planned));
                },
                Deciding = batch =>
                {
                    var at = batch.Tree(TreeId.Platform).At;
                    if (RefuseToTrust(batch, http.Actor(), id, at) is { } untrusted)
                        return untrusted;
                    if (role is not { } held || batch.Rows<RoleAssignment>().Find(new RowKey(held)) is null)
                        return Refusal.Invalid("principalId", "Name a member of the school.");
                    var person = batch.Rows<PersonRow>().Find(new RowKey(member));
                    if (person is null)
                        return Refusal.Invalid("principalId", "Name a member who signed up.");
                    return Confirmations.Refuse(person, at) is { } refused ? refused : Confirm(batch, http.Actor(), person, id, at);
                },
            },
            view => Answer.Created(null, view)
        );
    }

    private static Refusal? RefuseKind(Organization? school) =>
        school is { Kind: OrganizationKinds.School, Status: OrganizationStatus.Active }
            ? null
            : Refusal.Conflict("not-a-school", "Only an active organization of kind school confirms for members.");

    /// <summary>Anybody calls an organization a school, and a child may own one: its word counts when both are known.</summary>
    private static Refusal? RefuseToTrust(BatchState batch, Actor actor, Guid id, DateTimeOffset at)
    {
        var school = batch.Rows<Organization>().Find(new RowKey(id));
        if (RefuseKind(school) is { } other)
            return other;
        if (school!.VerificationAt(at) == VerificationLevel.Email)
            return Refusal.Conflict(
                "school-not-verified",
                "The school is not verified. Prove its domain, or ask an administrator to verify it."
            );
        var confirmer = batch.Rows<PersonRow>().Find(new RowKey(actor.Person));
        // Administrators vouch for those whom they added.
        return (confirmer is { Status: PersonRow.Active } ? confirmer.Age : StatedAge.Vouched).At(at) == AgeStanding.OfAge
            ? null
            : Refusal.Conflict("confirmer-not-of-age", "You are not known to be of age. An owner who is has to confirm.");
    }

    private static MinorConfirmationView Confirm(BatchState batch, Actor actor, PersonRow person, Guid school, DateTimeOffset at)
    {
        var made = new MinorConfirmation
        {
            Id = Guid.CreateVersion7(at),
            PersonId = person.Id,
            Kind = MinorConfirmation.School,
            OrganizationId = school,
            ConfirmedBy = actor.PrincipalId,
            ConfirmedAt = at,
        };
        var trusted = batch.Rows<Organization>().Find(new RowKey(school))!;
        Confirmations.Begin(batch, actor, person, made, trusted.VouchedBy is null ? trusted.VerifiedUntil : null);
        return MinorConfirmationView.Of(made);
    }

    private static async Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid confirmationId)
    {
        await OwnAsync(http, db, id);
        var row =
            await db.Set<MinorConfirmation>()
                .FirstOrDefaultAsync(one => one.Id == confirmationId && one.OrganizationId == id, http.RequestAborted)
            ?? throw Problem.NotFound();
        return await ConfirmationEndpoints.EndAsync(http, row, http.Actor());
    }

    /// <summary>The school, for its owners. An administrator knows no pupils, and confirms for none.</summary>
    private static Task<Organization> OwnAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        http.Caller().Audits
            ? OrganizationEndpoints.VisibleAsync(http, db, id)
            : OrganizationEndpoints.OwnedAsync(http, db, id, "Only the school's owners confirm for its members.", onlyOwners: true);
}
