using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Usage;

/// <summary>Reporting usage.</summary>
public static class UsageEndpoints
{
    /// <summary>A body of 10,000 records is about 2.5 MB.</summary>
    public const int MaxBodyBytes = 4 << 20;

    public static void Map(RouteGroupBuilder v1) =>
        v1.MapPost("/usage-records", ReportAsync)
            .RequireScope(Scopes.Provide)
            .Takes<UsageBody>([.. UsageFormats.Descriptions.Keys])
            .Idempotent()
            .WithMetadata(new BodyLimit(MaxBodyBytes))
            .Says(
                "reportUsage",
                "Report usage",
                "Operators of the grants' providers report up to 10,000 records. Each record is recorded, repeated or refused on its own."
            )
            .Answers<UsageReport>();

    private static async Task<IResult> ReportAsync(HttpContext http, GpuGrantsContext db)
    {
        var records = await UsageReader.ReadAsync(http);
        var caller = http.Caller();
        var ids = records.Select(record => record.Body?.GrantId).OfType<Guid>().Distinct().ToList();
        var trees = await db.Set<Grant>()
            .Where(row => ids.Contains(row.Id))
            .Select(row => new { row.Id, row.RootProgrammeId })
            .ToDictionaryAsync(row => row.Id, row => TreeId.Of(row.RootProgrammeId), http.RequestAborted);
        return await http.RunAsync(
            new ReportUsage
            {
                Tree = trees.Count > 0 ? trees.Values.First() : TreeId.Platform,
                Actor = http.Actor(),
                Items = [.. records.Select(record => record.ToItem(trees))],
                Providers = caller.IsPlatformAdministrator ? null : caller.Providers.ToHashSet(),
                StandIn = http.StandIn(),
            },
            report => Answer.Ok(report)
        );
    }
}
