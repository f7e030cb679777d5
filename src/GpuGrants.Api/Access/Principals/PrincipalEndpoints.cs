using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Access.Principals;

/// <summary>A role on a resource; on the platform when there is none.</summary>
public sealed record RoleView(string Role, Guid? ResourceId);

/// <summary>Endpoints for the platform's administrators and auditors.</summary>
public static class PrincipalEndpoints
{
    /// <summary>The last is what somebody gets who is given none by name.</summary>
    private static readonly string[] PlatformRoles = [Roles.Auditor, Roles.PlatformAdministrator];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet(
                "/administrators",
                (HttpContext http, GpuGrantsContext db) =>
                {
                    http.RequirePlatformAdministrator();
                    return Memberships.ListAsync(http, db, null, PlatformRoles);
                }
            )
            .RequireScope(Scopes.Administer)
            .Says("listAdministrators", "List platform administrators", "Administrators and auditors, for platform administrators.")
            .ListsByTime<MemberView>();
        v1.MapPost(
                "/administrators",
                (HttpContext http, GpuGrantsContext db) =>
                {
                    http.RequirePlatformAdministrator();
                    return Memberships.AddAsync(http, db, null, null, null, PlatformRoles);
                }
            )
            .RequireScope(Scopes.Administer)
            .Takes<MemberBody>()
            .Idempotent()
            .Says(
                "addAdministrator",
                "Add a platform administrator or an auditor",
                "For platform administrators. An auditor (role auditor) reads everything and changes nothing. Where a rule asks for several "
                    + "approvals, as many people have to agree to an administrator: 202."
            )
            .Answers<MemberView>(201)
            .Produces<ChangeProposalView>(202)
            .Refuses(409);
        v1.MapDelete("/administrators/{principalId:guid}", RemoveAdministratorAsync)
            .RequireScope(Scopes.Administer)
            .Says(
                "removeAdministrator",
                "Remove a platform administrator or an auditor",
                "For platform administrators. Nobody removes themselves."
            )
            .AnswersEmpty()
            .Refuses(404, 409);
    }

    private static async Task<IResult> RemoveAdministratorAsync(HttpContext http, GpuGrantsContext db, Guid principalId)
    {
        http.RequirePlatformAdministrator();
        var caller = http.Caller().PrincipalId;
        if (principalId == caller)
            throw new ProblemException(
                Problem.Document(
                    409,
                    "own-role",
                    "Nobody removes their own role, so that the platform always has an administrator. Ask another administrator."
                )
            );
        var own = await db.Set<RoleAssignment>()
            .Where(row => row.PrincipalId == caller && row.Role == Roles.PlatformAdministrator && row.ResourceId == null)
            .Select(row => row.Id)
            .FirstOrDefaultAsync(http.RequestAborted);
        // Checked again under the lock: of two administrators who remove each other at once, one has already lost the role.
        return await Memberships.RemoveAsync(
            http,
            db,
            null,
            principalId,
            batch =>
                batch.Rows<RoleAssignment>().Find(new RowKey(own)) is null
                    ? Refusal.Conflict("changed-meanwhile", "You are no longer an administrator.")
                    : null,
            batch => batch.Rows<RoleAssignment>().Want(new RowKey(own)),
            PlatformRoles
        );
    }
}
