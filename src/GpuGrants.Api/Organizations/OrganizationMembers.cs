using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;
using GpuGrants.Trees;
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
        var isOwner = http.Caller().Has(Roles.OrganizationOwner, id);
        return await Memberships.AddAsync(http, db, id, id, Refuse, MemberRoles);

        // An administrator who is of the organization, or was, lets nobody in by the platform's authority.
        Refusal? Refuse(BatchState batch, Decider decider) =>
            OrganizationChange.RefuseInactive(batch, id)
            ?? (isOwner ? null : decider.Refuse(batch, batch.Tree(TreeId.Platform).At, Party.Organization(id)));
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

        var owners = await db.Set<RoleAssignment>()
            .Where(row => row.ResourceId == id && row.Role == Roles.OrganizationOwner)
            .Select(row => new { row.Id, row.PrincipalId })
            .ToListAsync(http.RequestAborted);
        var otherOwners = owners.FindAll(row => row.PrincipalId != principalId).ConvertAll(row => row.Id);
        // Others leave also where nobody owns the organization any more.
        var isOwner = otherOwners.Count < owners.Count;
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
                var row = batch.Rows<Organization>().Find(new RowKey(id))!;
                if (row.Version != seen.Version)
                    return Refusal.Conflict("changed-meanwhile", "The organization has changed meanwhile. Try again.");
                if (isOwner && !OrganizationOwners.Remain(batch, id, otherOwners, one => one == principalId))
                    return Refusal.Conflict(
                        "last-owner",
                        "An organization keeps at least one owner. Add another owner first, or close it."
                    );
                batch.Table<GivenConsents>().End(batch, http.Actor(), id, principalId);
                book.FallWithOwner(batch, http.Actor(), row, person);
                // Whoever removes another at this moment looks again. So the version grows also where only a member leaves.
                OrganizationChange.Record(batch, http.Actor(), row, OrganizationEvents.Updated);
                return null;
            },
            batch =>
            {
                book.Plan(batch);
                batch.Table<GivenConsents>().Plan(batch, id, principalId);
                foreach (var role in otherOwners)
                    batch.Rows<RoleAssignment>().Want(new RowKey(role));
            },
            MemberRoles
        );
    }
}
