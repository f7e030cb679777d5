using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Organizations;

/// <summary>
/// Who still owns an organization when a command is decided. What an endpoint read may be old: owners leave by removals, handovers and
/// erasures, also earlier in the same batch.
/// </summary>
internal static class OrganizationOwners
{
    /// <summary>Whether somebody else remains.</summary>
    /// <param name="batch">Has read the roles.</param>
    /// <param name="organization">The organization.</param>
    /// <param name="others">The roles by which others owned it when that was read.</param>
    /// <param name="leaves">Whether a principal is among those who go now.</param>
    public static bool Remain(BatchState batch, Guid organization, IEnumerable<Guid> others, Predicate<Guid> leaves)
    {
        var roles = batch.Rows<RoleAssignment>();
        return others.Any(IsThere)
            || roles.Inserts.Any(row =>
                row.ResourceId == organization && row.Role == Roles.OrganizationOwner && !leaves(row.PrincipalId) && IsThere(row.Id)
            );

        bool IsThere(Guid role) => roles.Find(new RowKey(role)) is not null;
    }

    /// <summary>Refuses a rescue when the organization has another owner than whoever has vanished.</summary>
    /// <param name="batch">Has read the principal.</param>
    /// <param name="row">The organization.</param>
    /// <param name="vanished">The owner's principal.</param>
    public static Refusal? RefuseRescue(BatchState batch, Organization row, Guid vanished) =>
        row.OwnerIds is [var owner]
        && owner == batch.Rows<Principal>().Find(new RowKey(vanished))!.PersonId
        && !batch.Rows<RoleAssignment>().Inserts.Any(role => role.ResourceId == row.Id && role.Role == Roles.OrganizationOwner)
            ? null
            : Refusal.Conflict("several-owners", "The organization has several owners. Another owner hands it over.");
}
