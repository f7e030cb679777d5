using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>A policy with its versions, as an endpoint saw them and as a command then reads them under the tree's lock.</summary>
/// <param name="Seen">As it was seen.</param>
/// <param name="Numbers">The numbers of the versions that it had.</param>
public sealed record PolicyRows(QuotaPolicy Seen, IReadOnlyList<int> Numbers)
{
    public static async Task<PolicyRows> ReadAsync(HttpContext http, GpuGrantsContext db, QuotaPolicy seen) =>
        new(
            seen,
            await db.Set<QuotaPolicyVersion>()
                .Where(row => row.PolicyId == seen.Id)
                .Select(row => row.Number)
                .ToListAsync(http.RequestAborted)
        );

    public void Plan(BatchState batch)
    {
        batch.Rows<QuotaPolicy>().Want(new RowKey(Seen.RootProgrammeId, Seen.Id));
        foreach (var number in Numbers)
            batch.Rows<QuotaPolicyVersion>().Want(new RowKey(Seen.RootProgrammeId, Seen.Id, Number: number));
    }

    /// <summary>The rows, or why they are no longer those that the caller read.</summary>
    public Refusal? Find(BatchState batch, ExpectedVersions? expected, out QuotaPolicy row, out List<QuotaPolicyVersion> versions)
    {
        row = batch.Rows<QuotaPolicy>().Find(new RowKey(Seen.RootProgrammeId, Seen.Id))!;
        versions =
        [
            .. Numbers.Select(number => batch.Rows<QuotaPolicyVersion>().Find(new RowKey(Seen.RootProgrammeId, Seen.Id, Number: number))!),
        ];
        // The list of versions was read before the lock: it is whole exactly when the policy is still the same.
        return expected?.Has(row.Version) == false || Seen.Version != row.Version ? Refusal.Stale(row.Version) : null;
    }
}
