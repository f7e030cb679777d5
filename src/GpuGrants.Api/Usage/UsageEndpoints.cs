using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;
using GpuGrants.Usage;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Usage;

/// <summary>Usage records to charge, at most 1,000.</summary>
public sealed record UsageBody
{
    public UsageItemBody[]? Records { get; init; }
}

/// <summary>GPU time that somebody used under a grant.</summary>
public sealed record UsageItemBody
{
    /// <summary>The reporter's own id of the record, a UUID: sent again, it is charged once.</summary>
    public Guid? Id { get; init; }

    public Guid? GrantId { get; init; }

    /// <summary>Whole GPU-seconds: 2 GPUs for an hour are 7,200.</summary>
    public long? GpuSeconds { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>A recorded use.</summary>
public sealed record UsageRecordView(
    Guid Id,
    Guid GrantId,
    long GpuSeconds,
    decimal Credits,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    Guid TransferId,
    DateTimeOffset RecordedAt
)
{
    public static UsageRecordView Of(UsageRecord row) =>
        new(row.Id, row.GrantId, row.GpuSeconds, Wire.Credits(row.Credits), row.StartedAt, row.EndedAt, row.TransferId, row.CreatedAt);
}

/// <summary>Reporting usage.</summary>
public static class UsageEndpoints
{
    public const int MaxRecords = 1_000;

    /// <summary>A body of a thousand records is about 250 KB.</summary>
    public const int MaxBodyBytes = 1 << 20;

    public static void Map(RouteGroupBuilder v1) =>
        v1.MapPost("/usage-records", ReportAsync)
            .RequireScope(Scopes.Provide)
            .Takes<UsageBody>()
            .Idempotent()
            .WithMetadata(new BodyLimit(MaxBodyBytes))
            .Says(
                "reportUsage",
                "Report usage",
                "Operators of the grants' providers report up to 1,000 records. Each record is charged, repeated or refused on its own."
            )
            .Answers<UsageReport>();

    private static async Task<IResult> ReportAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(BodyRules);
        var caller = http.Caller();
        var ids = body.Records!.Select(record => record.GrantId!.Value).Distinct().ToList();
        var trees = await db.Set<Grant>()
            .Where(row => ids.Contains(row.Id))
            .Select(row => new { row.Id, row.RootProgrammeId })
            .ToDictionaryAsync(row => row.Id, row => (TreeId?)TreeId.Of(row.RootProgrammeId), http.RequestAborted);
        return await http.RunAsync(
            new ReportUsage
            {
                Tree = trees.Values.FirstOrDefault() ?? TreeId.Platform,
                Actor = http.Actor(),
                Items = [.. body.Records!.Select(record => ToItem(record, trees.GetValueOrDefault(record.GrantId!.Value)))],
                Providers = caller.IsPlatformAdministrator ? null : caller.Providers.ToHashSet(),
            },
            report => Answers.Ok(report)
        );
    }

    private static UsageItem ToItem(UsageItemBody body, TreeId? tree) =>
        new(
            body.Id!.Value,
            body.GrantId!.Value,
            tree,
            new UsageReading(GpuTime.FromSeconds(body.GpuSeconds!.Value), Truncate(body.StartedAt!.Value), Truncate(body.EndedAt!.Value))
        );

    /// <summary>PostgreSQL keeps microseconds; a repetition has to compare equal.</summary>
    private static DateTimeOffset Truncate(DateTimeOffset moment) =>
        new DateTimeOffset(moment.UtcTicks - (moment.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    private static readonly Validator BodyRules = new();

    private sealed class Validator : AbstractValidator<UsageBody>
    {
        public Validator()
        {
            RuleFor(body => body.Records)
                .Bound(
                    new Bounds
                    {
                        IsRequired = true,
                        MinItems = 1,
                        MaxItems = MaxRecords,
                    },
                    records => records is { Length: >= 1 and <= MaxRecords }
                )
                .WithMessage($"State 1 to {MaxRecords} records.");
            RuleFor(body => body.Records)
                .Must(records =>
                    records is null
                    || records.Where(one => one?.Id is not null).Select(one => one.Id).Distinct().Count()
                        == records.Count(one => one?.Id is not null)
                )
                .WithMessage("Each record has an id of its own.");
            RuleForEach(body => body.Records).NotNull().WithMessage("A record is an object.").SetValidator(new ItemValidator());
        }
    }

    private sealed class ItemValidator : AbstractValidator<UsageItemBody>
    {
        public ItemValidator()
        {
            RuleFor(item => item.Id).NotNull().WithMessage("State the record's id, a UUID.");
            RuleFor(item => item.GrantId).NotNull().WithMessage("Name the grant.");
            RuleFor(item => item.GpuSeconds)
                .Bound(
                    new Bounds
                    {
                        IsRequired = true,
                        Min = 1,
                        Max = GpuTime.MaxSeconds,
                    },
                    seconds => seconds is >= 1 and <= GpuTime.MaxSeconds
                )
                .WithMessage("State whole GPU-seconds above 0.");
            RuleFor(item => item.StartedAt).NotNull().WithMessage("State when the use began.");
            RuleFor(item => item.EndedAt)
                .Must((item, end) => end is not null && end > item.StartedAt && item.StartedAt > DateTimeOffset.UnixEpoch)
                .WithMessage("State when the use ended, after it began.");
        }
    }
}
