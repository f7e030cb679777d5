using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Usage;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Usage;

/// <summary>A recorded use.</summary>
public sealed record UsageRecordView
{
    public required Guid Id { get; init; }

    public required Guid GrantId { get; init; }

    /// <summary>GPUs in use, in steps of 0.001.</summary>
    public required decimal Gpus { get; init; }

    /// <summary>What it charged. The grant's exact sum is rounded down once, so a short record may charge nothing.</summary>
    public required long GpuSeconds { get; init; }

    public required decimal Credits { get; init; }

    /// <summary>The beginning of the time that counts, in whole milliseconds.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The end of the time that counts.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>The transfer that moved the time; left out when nothing moved.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public Guid? TransferId { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    public static UsageRecordView Of(UsageRecord row) =>
        new()
        {
            Id = row.Id,
            GrantId = row.GrantId,
            Gpus = new UsageReading(row.MilliGpus, row.StartedAt, row.EndedAt).Gpus,
            GpuSeconds = row.GpuSeconds,
            Credits = Wire.Credits(row.Credits),
            StartedAt = row.StartedAt,
            EndedAt = row.EndedAt,
            TransferId = row.TransferId,
            RecordedAt = row.CreatedAt,
        };
}

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
            },
            report => Answers.Ok(report)
        );
    }
}
