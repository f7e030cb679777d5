using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People;

/// <summary>
/// Who may invite somebody to a role: whoever may give it. It is asked when they invite, and again when the invited accepts, whose
/// command proves it in its transaction.
/// </summary>
internal static class InvitationRules
{
    /// <summary>The roles by which the principal may give the role on the resource now.</summary>
    /// <returns>Ids of role assignments. Each of them allows it by itself; empty when none does.</returns>
    public static async Task<IReadOnlyList<Guid>> AllowingAsync(
        GpuGrantsContext db,
        Guid principal,
        string role,
        Guid? resource,
        CancellationToken cancellation
    )
    {
        var held = await (
            from assignment in db.Set<RoleAssignment>()
            join who in db.Set<Principal>() on assignment.PrincipalId equals who.Id
            where assignment.PrincipalId == principal && who.Status == "active"
            select new
            {
                assignment.Id,
                assignment.Role,
                assignment.ResourceId,
            }
        ).ToListAsync(cancellation);
        if (!await ExistsAsync(db, role, resource, cancellation))
            return [];
        var (wanted, on) = role switch
        {
            Roles.OrganizationOwner or Roles.OrganizationMember => (Roles.OrganizationOwner, [resource!.Value]),
            Roles.ProviderOperator => (Roles.ProviderOperator, [resource!.Value]),
            Roles.ProgrammeAdministrator or Roles.ProgrammeReviewer => (
                Roles.ProgrammeAdministrator,
                await db.Set<Programme>().Where(row => row.Id == resource).Select(row => row.Path).FirstAsync(cancellation)
            ),
            _ => ("", Array.Empty<Guid>()),
        };
        return
        [
            .. held.Where(one =>
                    // Who owns an organization is for its owners to say.
                    (one.Role == Roles.PlatformAdministrator && role != Roles.OrganizationOwner)
                    || (one.Role == wanted && on.Contains(one.ResourceId!.Value))
                )
                .Select(one => one.Id),
        ];
    }

    private static async Task<bool> ExistsAsync(GpuGrantsContext db, string role, Guid? resource, CancellationToken cancellation) =>
        role switch
        {
            Roles.PlatformAdministrator or Roles.Auditor => resource is null,
            Roles.OrganizationOwner or Roles.OrganizationMember => await db.Set<Organization>()
                .AnyAsync(row => row.Id == resource && row.Status != OrganizationStatus.Closed, cancellation),
            Roles.ProviderOperator => await db.Set<Provider>().AnyAsync(row => row.Id == resource, cancellation),
            Roles.ProgrammeAdministrator or Roles.ProgrammeReviewer => await db.Set<Programme>()
                .AnyAsync(row => row.Id == resource, cancellation),
            Roles.Partner => await db.Set<Partners.Partner>().AnyAsync(row => row.Id == resource, cancellation),
            _ => false,
        };
}
