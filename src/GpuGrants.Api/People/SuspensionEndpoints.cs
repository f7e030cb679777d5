using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People;

/// <summary>Why somebody or something is stopped.</summary>
public sealed record ReasonBody
{
    /// <summary>Why, for the record. Do not copy personal data here.</summary>
    public string? Reason { get; init; }
}

/// <summary>People whom an administrator stopped, or lets act again.</summary>
/// <param name="PersonIds">Their ids. All principals of these people are concerned.</param>
/// <param name="OrganizationId">The organization that was stopped with them; null for people alone.</param>
public sealed record SuspensionView(IReadOnlyList<Guid> PersonIds, Guid? OrganizationId);

/// <summary>Administrators suspend a principal, or an organization with its owners, and lift it again.</summary>
public static class SuspensionEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/principals/{id:guid}/suspend", SuspendPrincipalAsync)
            .RequireScope(Scopes.Administer)
            .Takes<ReasonBody>()
            .Idempotent()
            .Says(
                "suspendPrincipal",
                "Suspend a principal",
                "For platform administrators. The person behind the principal, and all that acts for that "
                    + "person, may call no more within five "
                    + "seconds. Grants go on."
            )
            .Answers<SuspensionView>()
            .Refuses(404, 409);
        v1.MapPost("/principals/{id:guid}/lift-suspension", LiftPrincipalAsync)
            .RequireScope(Scopes.Administer)
            .Idempotent()
            .Says(
                "liftPrincipalSuspension",
                "Lift a principal's suspension",
                "For platform administrators who do not belong to the person's organizations. Lifts every open suspension of the person."
            )
            .Answers<SuspensionView>()
            .Refuses(404, 409);
        v1.MapPost("/organizations/{id:guid}/suspend", SuspendOrganizationAsync)
            .RequireScope(Scopes.Administer)
            .Takes<ReasonBody>()
            .Idempotent()
            .Says(
                "suspendOrganization",
                "Suspend an organization with its owners",
                "For platform administrators. The organization cannot ask, and its owners may not act anywhere, "
                    + "for other organizations neither."
            )
            .Answers<SuspensionView>()
            .Refuses(404, 409);
        v1.MapPost("/organizations/{id:guid}/lift-suspension", LiftOrganizationAsync)
            .RequireScope(Scopes.Administer)
            .Idempotent()
            .Says(
                "liftOrganizationSuspension",
                "Lift an organization's suspension",
                "For platform administrators who do not belong to it. Also lifts the suspensions of owners that came with it."
            )
            .Answers<SuspensionView>()
            .Refuses(404, 409);
    }

    /// <summary>Suspends or opens an organization in the batch.</summary>
    internal static void SetStatus(BatchState batch, Actor actor, Organization row, string status)
    {
        row.Status = status;
        OrganizationChange.Record(batch, actor, row, OrganizationEvents.Updated);
    }

    private static async Task<IResult> SuspendPrincipalAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        http.RequirePlatformAdministrator();
        var reason = await ReasonAsync(http);
        return await RunAsync(
            http,
            new SuspendPeople
            {
                Tree = TreeId.Platform,
                // Alone: what a batch at work has read of the person before is committed before the suspension.
                RunsAlone = true,
                Actor = http.Actor(),
                PersonId = await PersonOfAsync(http, db, id),
                Reason = reason,
            }
        );
    }

    private static async Task<IResult> LiftPrincipalAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        http.RequirePlatformAdministrator();
        var person = await PersonOfAsync(http, db, id);
        return await RunAsync(
            http,
            new LiftSuspensions
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Decider = http.Decider(),
                SuspensionIds = await OpenAsync(db, row => row.PersonId == person, http.RequestAborted),
            }
        );
    }

    private static async Task<IResult> SuspendOrganizationAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        http.RequirePlatformAdministrator();
        var reason = await ReasonAsync(http);
        var seen = await OrganizationEndpoints.VisibleAsync(http, db, id);
        return await RunAsync(
            http,
            new SuspendPeople
            {
                Tree = TreeId.Platform,
                // Alone: nothing is granted any more once the suspension is acknowledged. What is refused anyway makes nobody wait.
                RunsAlone = seen.Status == OrganizationStatus.Active,
                Actor = http.Actor(),
                OrganizationId = id,
                Reason = reason,
            }
        );
    }

    private static async Task<IResult> LiftOrganizationAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        http.RequirePlatformAdministrator();
        await OrganizationEndpoints.VisibleAsync(http, db, id);
        return await RunAsync(
            http,
            new LiftSuspensions
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                OrganizationId = id,
                Decider = http.Decider(),
                SuspensionIds = await OpenAsync(db, row => row.OrganizationId == id, http.RequestAborted),
            }
        );
    }

    private static Task<IResult> RunAsync(HttpContext http, Command<SuspensionView> command) =>
        http.RunAsync(command, view => Answer.Ok(view));

    private static async Task<string> ReasonAsync(HttpContext http) => (await http.BodyAsync(new ReasonValidator())).Reason!;

    private static async Task<Guid> PersonOfAsync(HttpContext http, GpuGrantsContext db, Guid principal) =>
        await db.Set<Principal>()
            .Where(row => row.Id == principal)
            .Select(row => (Guid?)row.PersonId)
            .FirstOrDefaultAsync(http.RequestAborted)
        ?? throw Problem.NotFound();

    private static Task<List<Guid>> OpenAsync(
        GpuGrantsContext db,
        System.Linq.Expressions.Expression<Func<Suspension, bool>> which,
        CancellationToken cancellation
    ) => db.Set<Suspension>().Where(which).Where(row => row.LiftedAt == null).Select(row => row.Id).ToListAsync(cancellation);
}

/// <summary>What a reason needs.</summary>
internal sealed class ReasonValidator : AbstractValidator<ReasonBody>
{
    public ReasonValidator() => RuleFor(body => body.Reason).Text(2_000);
}
