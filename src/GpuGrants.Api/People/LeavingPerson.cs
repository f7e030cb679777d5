using GpuGrants.Api.Access;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People;

/// <summary>What ends when a person leaves.</summary>
/// <param name="Clients">Active clients of the person.</param>
/// <param name="Roles">All roles of the person.</param>
/// <param name="SoleOwned">Organizations, not closed, that nobody else owns.</param>
/// <param name="Busy">Those of them with grants that have not ended, or with requests that wait.</param>
internal sealed record LeavingPerson(
    IReadOnlyList<Guid> Clients,
    IReadOnlyList<Guid> Roles,
    IReadOnlyList<Guid> SoleOwned,
    IReadOnlyList<string> Busy
)
{
    /// <summary>Linked subjects, by their hashes.</summary>
    public IReadOnlyList<string> Identities { get; init; } = [];

    /// <summary>Organizations that the person's identity verifies, with the verifications.</summary>
    public IReadOnlyList<(Guid Organization, Guid Verification)> Verified { get; init; } = [];

    public static async Task<LeavingPerson> ReadAsync(GpuGrantsContext db, Guid person, CancellationToken cancellation)
    {
        var clients = await db.Set<ApiClient>()
            .Where(row => row.PrincipalId == person && row.Status == "active")
            .Select(row => row.Id)
            .ToListAsync(cancellation);
        var roles = await db.Set<RoleAssignment>().Where(row => row.PrincipalId == person).ToListAsync(cancellation);
        var owned = roles.Where(row => row.Role == Http.Callers.Roles.OrganizationOwner).Select(row => row.ResourceId!.Value).ToArray();
        var sole = await db.Set<Organization>()
            .Where(row =>
                owned.Contains(row.Id)
                && row.Status != OrganizationStatus.Closed
                && !db.Set<RoleAssignment>()
                    .Any(other =>
                        other.ResourceId == row.Id && other.Role == Http.Callers.Roles.OrganizationOwner && other.PrincipalId != person
                    )
            )
            .ToListAsync(cancellation);
        var ids = sole.Select(row => row.Id).ToArray();
        var busy = await db.Set<Grant>()
            .Where(row => ids.Contains(row.OrganizationId) && row.EndedAt == null)
            .Select(row => row.OrganizationId)
            .Union(
                db.Set<Request>()
                    .Where(row => ids.Contains(row.OrganizationId) && row.Status == RequestStatus.InReview)
                    .Select(row => row.OrganizationId)
            )
            .ToListAsync(cancellation);
        return new LeavingPerson(
            clients,
            [.. roles.Select(row => row.Id)],
            ids,
            [.. sole.Where(row => busy.Contains(row.Id)).Select(row => row.Name)]
        )
        {
            Identities = await db.Set<LinkedIdentity>()
                .Where(row => row.PersonId == person && row.Until == null)
                .Select(row => row.Hash)
                .ToListAsync(cancellation),
            Verified =
            [
                .. (
                    await db.Set<Verification>()
                        .Where(row => row.PersonId == person && row.EndedAt == null)
                        .Select(row => new { row.OrganizationId, row.Id })
                        .ToListAsync(cancellation)
                ).Select(row => (row.OrganizationId, row.Id)),
            ],
        };
    }
}
