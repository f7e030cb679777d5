using GpuGrants.Api.Access;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People;

/// <summary>What ends when a person leaves.</summary>
/// <param name="Clients">Active clients of the person.</param>
/// <param name="Roles">All roles of the person.</param>
internal sealed record LeavingPerson(IReadOnlyList<Guid> Clients, IReadOnlyList<Guid> Roles)
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
        return new LeavingPerson(
            clients,
            await db.Set<RoleAssignment>().Where(row => row.PrincipalId == person).Select(row => row.Id).ToListAsync(cancellation)
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
