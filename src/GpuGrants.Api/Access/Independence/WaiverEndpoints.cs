using FluentValidation;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Access.Independence;

/// <summary>A waiver for a platform with one administrator.</summary>
public sealed record WaiverBody
{
    /// <summary>Why the platform has nobody else who decides. Everybody reads it.</summary>
    public string? Reason { get; init; }

    /// <summary>When it ends, within 90 days.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>The only platform administrator may decide on what concerns them.</summary>
public sealed record WaiverView
{
    public required Guid Id { get; init; }

    /// <summary>Why the platform has nobody else who decides.</summary>
    public required string Reason { get; init; }

    /// <summary>The platform administrator who made it for themselves.</summary>
    public required Guid MadeBy { get; init; }

    /// <summary>When it ends by itself.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When somebody ended it before its time; null when nobody did.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>For <c>If-Match</c>.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static WaiverView Of(IndependenceWaiver row) =>
        new()
        {
            Id = row.Id,
            Reason = row.Reason,
            MadeBy = row.MadeBy,
            ExpiresAt = row.ExpiresAt,
            EndedAt = row.EndedAt,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
        };
}

/// <summary>Waivers, for everybody to read.</summary>
public static class WaiverEndpoints
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(90);

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/independence-waivers", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listIndependenceWaivers",
                "List waivers",
                "Everybody sees when the only administrator may decide, or might have decided, on what concerns them."
            )
            .ListsByTime<WaiverView>();
        // A method of HttpContext alone would count as a RequestDelegate, whose result nobody writes.
        v1.MapPost("/independence-waivers", (Delegate)CreateAsync)
            .RequireScope(Scopes.Administer)
            .Takes<WaiverBody>()
            .Idempotent()
            .Says(
                "createIndependenceWaiver",
                "Waive independence",
                "For the only platform administrator. Nobody else can decide on what concerns them, so they may for a stated time. "
                    + "It helps no more once there is a second administrator. Each use is an event."
            )
            .Answers<WaiverView>(201)
            .Refuses(409);
        v1.MapPost("/independence-waivers/{id:guid}/end", EndAsync)
            .RequireScope(Scopes.Administer)
            .Idempotent()
            .Says("endIndependenceWaiver", "End a waiver", "For platform administrators. What was decided by it stands.")
            .Answers<WaiverView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db) =>
        TypedResults.Json(await http.PageAsync(db.Set<IndependenceWaiver>(), WaiverView.Of), ApiJson.Options);

    private static async Task<IResult> CreateAsync(HttpContext http)
    {
        http.RequirePlatformAdministrator();
        var body = await http.BodyAsync(new Validator(http.Now()));
        var actor = http.Actor();
        return await http.RunAsync(
            new Change<IndependenceWaiver>
            {
                Tree = TreeId.Platform,
                Actor = actor,
                Planning = batch => batch.Table<Belongings>().Want(actor.PrincipalId),
                Deciding = batch =>
                {
                    if (!batch.Table<Belongings>().IsOnlyAdministrator(actor.PrincipalId))
                        return Refusal.Conflict(
                            "several-administrators",
                            "The platform has another administrator, who decides on what concerns you."
                        );
                    var row = New(body, actor, batch.Tree(TreeId.Platform).At);
                    batch.Rows<IndependenceWaiver>().Insert(row);
                    RecordEvent(batch, actor, row, AccessEvents.WaiverCreated);
                    return row;
                },
            },
            row => Answer.Created(null, WaiverView.Of(row), row.Version)
        );
    }

    private static IndependenceWaiver New(WaiverBody body, Actor actor, DateTimeOffset at) =>
        new()
        {
            Id = Guid.CreateVersion7(at),
            Reason = body.Reason!,
            MadeBy = actor.PrincipalId,
            ClientId = actor.ClientId,
            ExpiresAt = body.ExpiresAt!.Value,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };

    private static async Task<IResult> EndAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        http.RequirePlatformAdministrator();
        if (!await db.Set<IndependenceWaiver>().AnyAsync(row => row.Id == id, http.RequestAborted))
            throw Problem.NotFound();
        return await http.RunAsync(
            new ChangeResource<IndependenceWaiver>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Key = new RowKey(id),
                Changing = (batch, row) =>
                {
                    if (row.EndedAt is not null)
                        return Refusal.Conflict("waiver-ended", "The waiver has ended already.", "status");
                    (row.EndedAt, row.EndedBy) = (batch.Tree(TreeId.Platform).At, http.Actor().PrincipalId);
                    return null;
                },
                Recording = (batch, row) => RecordEvent(batch, http.Actor(), row, AccessEvents.WaiverEnded),
            },
            row => Answer.Ok(WaiverView.Of(row), row.Version)
        );
    }

    private static void RecordEvent(BatchState batch, Actor actor, IndependenceWaiver row, EventType<WaiverData> type) =>
        batch.RecordEvent(TreeId.Platform, actor, type, new WaiverData(row.Id, row.MadeBy));

    private sealed class Validator : AbstractValidator<WaiverBody>
    {
        public Validator(DateTimeOffset now)
        {
            RuleFor(body => body.Reason).Text(2_000);
            RuleFor(body => body.ExpiresAt)
                .Must(moment => moment > now && moment <= now + Longest)
                .WithMessage("State a moment in the future, within 90 days.");
        }
    }
}
