using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>Reads the versions of a policy: one as a document, or two side by side.</summary>
internal static class PolicyVersions
{
    public static async Task<IResult> ExportAsync(HttpContext http, GpuGrantsContext db, Guid id, int number)
    {
        var version = await VersionAsync(http, db, id, number);
        var document = PolicyParser.Parse(version.Document).Document;
        return TypedResults.Text(document is null ? version.Document : PolicyWriter.Write(document), "application/json");
    }

    public static async Task<IResult> DiffAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var older = PolicyParser.Parse((await VersionAsync(http, db, id, Number(http, "from"))).Document).Document;
        var newer = PolicyParser.Parse((await VersionAsync(http, db, id, Number(http, "to"))).Document).Document;
        if (older is null || newer is null)
            throw new ProblemException(Problem.Document(409, "policy-unreadable", "One of the versions cannot be read."));
        return TypedResults.Json(PolicyDiff.Between(older, newer), ApiJson.Options);
    }

    /// <summary>The versions of these policies that are in force now, by policy.</summary>
    public static async Task<IReadOnlyDictionary<Guid, int?>> InForceAsync(HttpContext http, GpuGrantsContext db, Guid[] policies)
    {
        var now = http.Now();
        var versions = await db.Set<QuotaPolicyVersion>()
            .AsNoTracking()
            .Where(row => policies.Contains(row.PolicyId))
            .Select(row => new
            {
                row.PolicyId,
                row.Number,
                row.Status,
                row.EffectiveFrom,
                row.RetiredFrom,
            })
            .ToListAsync(http.RequestAborted);
        return versions
            .GroupBy(row => row.PolicyId)
            .ToDictionary(
                group => group.Key,
                group => InForce(group.Select(row => (row.Number, row.Status, row.EffectiveFrom, row.RetiredFrom)), now)
            );
    }

    /// <summary>The number of the version in force: of those that have begun the latest, unless it was retired.</summary>
    public static int? InForce(
        IEnumerable<(int Number, string Status, DateTimeOffset? From, DateTimeOffset? RetiredFrom)> versions,
        DateTimeOffset now
    )
    {
        var begun = versions.Where(one => one.Status != "draft" && one.From <= now).OrderByDescending(one => one.Number).ToList();
        return begun.Count > 0 && !(begun[0].RetiredFrom <= now) ? begun[0].Number : null;
    }

    private static int Number(HttpContext http, string name) =>
        int.TryParse(
            http.Request.Query[name],
            System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture,
            out var number
        )
            ? number
            : throw Problem.Malformed(name, "State a version's number.");

    private static async Task<QuotaPolicyVersion> VersionAsync(HttpContext http, GpuGrantsContext db, Guid id, int number)
    {
        var row = await PolicyEndpoints.FindAsync(http, db, id);
        var version =
            await db.Set<QuotaPolicyVersion>()
                .AsNoTracking()
                .FirstOrDefaultAsync(one => one.PolicyId == id && one.Number == number, http.RequestAborted)
            ?? throw Problem.NotFound();
        return version.Status != "draft" || http.Caller().Administers(await PolicyEndpoints.PathAsync(http, db, row.ProgrammeId))
            ? version
            : throw Problem.NotFound();
    }
}
