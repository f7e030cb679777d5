using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
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

namespace GpuGrants.Api.Freezes;

/// <summary>What is to stop, and why.</summary>
public sealed record FreezeBody
{
    /// <summary>platform, programme or provider.</summary>
    public string? Scope { get; init; }

    /// <summary>The programme or provider; left out for the platform.</summary>
    public Guid? ResourceId { get; init; }

    /// <summary>Why, for the record.</summary>
    public string? Reason { get; init; }

    /// <summary>true also suspends every running grant of the scope until the freeze is lifted; false when left out.</summary>
    public bool? SuspendGrants { get; init; }
}

/// <summary>A freeze: nothing is awarded in its scope until it is lifted.</summary>
public sealed record FreezeView
{
    public required Guid Id { get; init; }

    /// <summary>platform, programme or provider.</summary>
    public required string Scope { get; init; }

    /// <summary>The programme or provider; left out for the platform.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ResourceId { get; init; }

    public required string Reason { get; init; }

    /// <summary>Whether it suspends the running grants of its scope.</summary>
    public required bool SuspendsGrants { get; init; }

    /// <summary>Whether grants are still being suspended or, after it was lifted, resumed.</summary>
    public required bool GrantsPending { get; init; }

    public required Guid AuthorId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was lifted; left out while it holds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LiftedAt { get; init; }

    public static FreezeView Of(Freeze row) =>
        new()
        {
            Id = row.Id,
            Scope = row.Scope,
            ResourceId = row.ResourceId,
            Reason = row.Reason,
            SuspendsGrants = row.SuspendsGrants,
            GrantsPending = row.GrantsPending,
            AuthorId = row.AuthorId,
            CreatedAt = row.CreatedAt,
            LiftedAt = row.LiftedAt,
        };
}

/// <summary>Stopping what awards grants, and letting it go on.</summary>
public static class FreezeEndpoints
{
    private static readonly IReadOnlyList<string> FreezeScopes = [Freeze.Platform, Freeze.Programme, Freeze.Provider];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/freezes", ListAsync)
            .RequireScope(Scopes.Administer)
            .Says("listFreezes", "List freezes", "Platform administrators see all, programme administrators those of their programmes.")
            .ListsByTime<FreezeView>();
        v1.MapPost("/freezes", CreateAsync)
            .RequireScope(Scopes.Administer)
            .Takes<FreezeBody>()
            .Idempotent()
            .Says(
                "createFreeze",
                "Freeze a programme, a provider or the platform",
                "For platform administrators, and for administrators of the programme. From the answer on, nothing is awarded in the scope, on "
                    + "any replica. Grants that were awarded go on, unless `suspendGrants` is true. Then each running grant of the scope is suspended, "
                    + "soon after the answer: `grantsPending` is false once all are."
            )
            .Answers<FreezeView>(201)
            .Refuses(409);
        v1.MapPost("/freezes/{id:guid}/lift", LiftAsync)
            .RequireScope(Scopes.Administer)
            .Idempotent()
            .Says(
                "liftFreeze",
                "Lift a freeze",
                "For those who may make it, and do not gain by it. What the platform froze, a programme's own people do not lift. "
                    + "Grants that the freeze suspended are resumed. Those that somebody else suspended stay suspended."
            )
            .Answers<FreezeView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var mine = caller.With(Roles.ProgrammeAdministrator);
        var rows = db.Set<Freeze>()
            .Where(row =>
                caller.IsPlatformAdministrator
                || (
                    row.Scope == Freeze.Programme
                    && db.Set<Programme>().Any(one => one.Id == row.ResourceId && one.Path.Any(above => mine.Contains(above)))
                )
            );
        return TypedResults.Json(await http.PageAsync(rows, FreezeView.Of), ApiJson.Options);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new Validator());
        if (!await MayAsync(http, db, body.Scope!, body.ResourceId))
            throw Problem.Forbidden("Only platform administrators, and administrators of the programme, freeze and lift.");
        var open = await db.Set<Freeze>()
            .AnyAsync(row => row.LiftedAt == null && row.Scope == body.Scope && row.ResourceId == body.ResourceId, http.RequestAborted);
        return await http.RunAsync(
            new Change<Freeze>
            {
                Tree = TreeId.Platform,
                // What is refused anyway makes nobody wait.
                RunsAlone = !open,
                Actor = http.Actor(),
                Deciding = batch =>
                {
                    if (open || batch.Rows<Freeze>().Inserts.Any(row => row.Scope == body.Scope && row.ResourceId == body.ResourceId))
                        return Refusal.Conflict("frozen-already", "It is frozen already. Lift that freeze first to state another reason.");
                    var at = batch.Tree(TreeId.Platform).At;
                    var row = new Freeze
                    {
                        Id = Guid.CreateVersion7(at),
                        Scope = body.Scope!,
                        ResourceId = body.ResourceId,
                        Reason = body.Reason!,
                        SuspendsGrants = body.SuspendGrants ?? false,
                        GrantsPending = body.SuspendGrants ?? false,
                        AuthorId = http.Actor().PrincipalId,
                        ClientId = http.Actor().ClientId,
                        CreatedAt = at,
                    };
                    batch.Rows<Freeze>().Insert(row);
                    Changed(batch, http.Actor(), row, FreezeEvents.Created);
                    return row;
                },
            },
            row => Answer.Created(null, FreezeView.Of(row))
        );
    }

    private static async Task<IResult> LiftAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await db.Set<Freeze>().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted) ?? throw Problem.NotFound();
        if (!await MayAsync(http, db, seen.Scope, seen.ResourceId))
            throw Problem.NotFound();
        var path = seen.Scope == Freeze.Programme ? (await ProgrammeSight.FindAsync(http, db, seen.ResourceId))!.Path : [];
        var (decider, grantees) = (http.Decider(), await FreezeParties.ResumedAsync(db, seen, http.RequestAborted));
        return await http.RunAsync(
            new Change<Freeze>
            {
                Tree = TreeId.Platform,
                RunsAlone = seen.LiftedAt is null,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    decider.Plan(batch);
                    FreezeParties.Plan(batch, seen);
                    batch.Rows<Freeze>().Want(new RowKey(id));
                },
                Deciding = batch =>
                {
                    var row = batch.Rows<Freeze>().Find(new RowKey(id))!;
                    if (row.LiftedAt is not null)
                        return Refusal.Conflict("not-frozen", "The freeze was lifted before.");
                    if (
                        decider.Refuse(batch, batch.Tree(TreeId.Platform).At, [.. FreezeParties.Of(batch, row, path), .. grantees]) is
                        { } own
                    )
                        return own;
                    decider.Decided(batch, TreeId.Platform, row.Id);
                    (row.LiftedAt, row.LiftedBy) = (batch.Tree(TreeId.Platform).At, http.Actor().PrincipalId);
                    row.GrantsPending = row.SuspendsGrants;
                    batch.Rows<Freeze>().Update(row);
                    Changed(batch, http.Actor(), row, FreezeEvents.Lifted);
                    return row;
                },
            },
            row => Answer.Ok(FreezeView.Of(row))
        );
    }

    /// <summary>Whether the caller may freeze and lift it.</summary>
    /// <exception cref="ProblemException">A platform administrator named nothing that there is.</exception>
    private static async Task<bool> MayAsync(HttpContext http, GpuGrantsContext db, string scope, Guid? resource)
    {
        var caller = http.Caller();
        if (scope == Freeze.Programme)
        {
            var programme = await ProgrammeSight.FindAsync(http, db, resource);
            if (programme is null && caller.IsPlatformAdministrator)
                throw Problem.Invalid("resourceId", "There is no such programme.");
            return programme is not null && caller.Administers(programme.Path);
        }

        if (!caller.IsPlatformAdministrator)
            return false;
        if (scope == Freeze.Provider && !await db.Set<Provider>().AnyAsync(row => row.Id == resource, http.RequestAborted))
            throw Problem.Invalid("resourceId", "There is no such provider.");
        return true;
    }

    private static void Changed(BatchState batch, Actor actor, Freeze row, EventType<FreezeData> type)
    {
        batch.RecordEvent(TreeId.Platform, actor, type, new FreezeData(row.Id, row.Scope, row.ResourceId));
        // Every tree reads its configuration again before it decides anything.
        batch.Tree(TreeId.Platform).MarkConfigChanged();
    }

    private sealed class Validator : AbstractValidator<FreezeBody>
    {
        public Validator()
        {
            RuleFor(body => body.Scope).OneOf(FreezeScopes);
            RuleFor(body => body.Reason).Text(2_000);
            RuleFor(body => body.ResourceId)
                .Null()
                .WithMessage("Leave it out: the platform has no id.")
                .When(body => body.Scope == Freeze.Platform);
            RuleFor(body => body.ResourceId)
                .NotNull()
                .WithMessage("State the programme or provider.")
                .When(body => body.Scope is Freeze.Programme or Freeze.Provider);
        }
    }
}
