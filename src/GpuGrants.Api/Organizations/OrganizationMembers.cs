using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Organizations;

/// <summary>Who belongs to an organization.</summary>
internal static class OrganizationMembers
{
    private static readonly string[] MemberRoles = [Roles.OrganizationOwner, Roles.OrganizationMember];

    public static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OrganizationEndpoints.VisibleAsync(http, db, id);
        return await Memberships.ListAsync(http, db, id, MemberRoles);
    }

    public static async Task<IResult> AddAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OrganizationEndpoints.OwnedAsync(http, db, id, "Only the organization's owners add members.");
        return await Memberships.AddAsync(http, db, id, id, batch => OrganizationChange.RefuseInactive(batch, id), MemberRoles);
    }

    public static async Task<IResult> RemoveAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid principalId)
    {
        var seen = await OrganizationEndpoints.VisibleAsync(http, db, id);
        // Everybody may leave: a reviewer whom others added to an organization could not decide its requests.
        if (principalId != http.Caller().PrincipalId)
        {
            http.Caller().Demand(Scopes.Request);
            if (!http.Caller().Owns(id))
                throw Problem.Forbidden("Only the organization's owners remove others.");
        }

        var hasOtherOwner = await db.Set<RoleAssignment>()
            .AnyAsync(
                row => row.ResourceId == id && row.Role == Roles.OrganizationOwner && row.PrincipalId != principalId,
                http.RequestAborted
            );
        var person = await db.Set<Principal>()
            .Where(row => row.Id == principalId)
            .Select(row => row.PersonId)
            .FirstOrDefaultAsync(http.RequestAborted);
        var book = await VerificationBook.ReadAsync(db, id, http.RequestAborted);
        return await Memberships.RemoveAsync(
            http,
            db,
            id,
            principalId,
            batch =>
            {
                // Every removal makes a new version, so two owners who remove each other at once cannot both succeed.
                var row = batch.Rows<Organization>().Find(new RowKey(id))!;
                if (row.Version != seen.Version)
                    return Refusal.Conflict("changed-meanwhile", "The organization has changed meanwhile. Try again.");
                if (!hasOtherOwner)
                    return Refusal.Conflict(
                        "last-owner",
                        "An organization keeps at least one owner. Add another owner first, or close it."
                    );
                book.FallWithOwner(batch, http.Actor(), row, person);
                row.Version++;
                batch.Rows<Organization>().Update(row);
                return null;
            },
            book.Plan,
            MemberRoles
        );
    }
}
