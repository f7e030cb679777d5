using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Access;
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

namespace GpuGrants.Api.Terms;

/// <summary>A new version of terms.</summary>
public sealed record TermsBody
{
    /// <summary>The programme whose terms they are; left out for the platform.</summary>
    public Guid? ProgrammeId { get; init; }

    /// <summary>What the text is called, such as Terms of use.</summary>
    public string? Title { get; init; }

    /// <summary>The whole text, in Markdown or plain.</summary>
    public string? Text { get; init; }
}

/// <summary>A version of terms.</summary>
public sealed record TermsView
{
    public required Guid Id { get; init; }

    /// <summary>The programme whose terms they are; left out for the platform.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ProgrammeId { get; init; }

    public required int Number { get; init; }

    /// <summary>What the text is called.</summary>
    public required string Title { get; init; }

    /// <summary>The whole text.</summary>
    public required string Text { get; init; }

    /// <summary>Whether it is the version that has to be accepted.</summary>
    public required bool InForce { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static TermsView Of(TermsRow row) =>
        new()
        {
            Id = row.Id,
            ProgrammeId = row.ProgrammeId,
            Number = row.Number,
            Title = row.Title,
            Text = row.Body,
            InForce = row.EndedAt is null,
            CreatedAt = row.CreatedAt,
        };
}

/// <summary>A person accepted a version.</summary>
/// <param name="TermsId">The version.</param>
/// <param name="PersonId">Who accepted it.</param>
/// <param name="AcceptedAt">When it was accepted first.</param>
public sealed record AcceptanceView(Guid TermsId, Guid PersonId, DateTimeOffset AcceptedAt);

/// <summary>Publishing, reading and accepting terms.</summary>
public static class TermsEndpoints
{
    private static readonly string[] Any = [Scopes.Request, Scopes.Review, Scopes.Provide, Scopes.Administer];

    /// <summary>What strangers read before they sign up.</summary>
    public static void MapOpen(RouteGroupBuilder open)
    {
        open.MapGet("/terms", ListAsync)
            .Says(
                "listTerms",
                "List terms",
                "For everybody, without a token. All versions, the newest first: of the platform, or of a programme with programmeId."
            )
            .ListsByTime<TermsView>("programmeId");
        open.MapGet("/terms/{id:guid}", GetAsync)
            .Says("getTerms", "Read terms", "For everybody, without a token. A text never changes.")
            .Answers<TermsView>()
            .Refuses(404);
    }

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/terms", PublishAsync)
            .RequireScope(Scopes.Administer)
            .Takes<TermsBody>()
            .Idempotent()
            .Says(
                "publishTerms",
                "Publish terms",
                "For platform administrators, and for administrators of the programme. It is in force at once. "
                    + "Whoever asks from now on has to have "
                    + "accepted it."
            )
            .Answers<TermsView>(201)
            .Refuses(409);
        v1.MapPost("/terms/{id:guid}/accept", AcceptAsync)
            .RequireScope(Any)
            .Idempotent()
            .Says("acceptTerms", "Accept terms", "For yourself. Accepting again changes nothing.")
            .Answers<AcceptanceView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var programme = http.IdFilter("programmeId");
        return TypedResults.Json(
            await http.PageAsync(db.Set<TermsRow>().Where(row => row.ProgrammeId == programme), TermsView.Of),
            ApiJson.Options
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        TypedResults.Json(
            TermsView.Of(
                await db.Set<TermsRow>().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted) ?? throw Problem.NotFound()
            ),
            ApiJson.Options
        );

    private static async Task<IResult> PublishAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new Validator());
        var programme = body.ProgrammeId is { } named ? await ProgrammeSight.NamedAsync(http, db, named) : null;
        if (!http.Caller().Administers(programme?.Path ?? []))
            throw Problem.Forbidden("Only administrators of the platform, or of the programme, publish its terms.");
        var earlier = await db.Set<TermsRow>()
            .Where(row => row.ProgrammeId == body.ProgrammeId)
            .OrderByDescending(row => row.Number)
            .FirstOrDefaultAsync(http.RequestAborted);
        return await http.RunAsync(
            new Change<TermsRow>
            {
                // All trees read terms with their configuration, which this changes.
                Tree = TreeId.Platform,
                RunsAlone = true,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    if (earlier is not null)
                        batch.Rows<TermsRow>().Want(new RowKey(earlier.Id));
                },
                Deciding = batch => Publish(batch, http.Actor(), body, earlier),
            },
            row => Answer.Created($"/v1/terms/{row.Id}", TermsView.Of(row))
        );
    }

    private static Outcome<TermsRow> Publish(BatchState batch, Actor actor, TermsBody body, TermsRow? earlier)
    {
        var tree = batch.Tree(TreeId.Platform);
        var rows = batch.Rows<TermsRow>();
        if (earlier is not null && rows.Find(new RowKey(earlier.Id)) is { EndedAt: null } present)
        {
            present.EndedAt = tree.At;
            rows.Update(present);
        }

        var row = new TermsRow
        {
            Id = Guid.CreateVersion7(tree.At),
            ProgrammeId = body.ProgrammeId,
            Number = (earlier?.Number ?? 0) + 1,
            Title = body.Title!,
            Body = body.Text!,
            AuthorId = actor.PrincipalId,
            ClientId = actor.ClientId,
            CreatedAt = tree.At,
        };
        rows.Insert(row);
        batch.RecordEvent(TreeId.Platform, actor, TermsEvents.Published, new TermsData(row.Id, row.ProgrammeId, row.Number));
        tree.MarkConfigChanged();
        return row;
    }

    private static async Task<IResult> AcceptAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        if (!await db.Set<TermsRow>().AnyAsync(row => row.Id == id, http.RequestAborted))
            throw Problem.NotFound();
        return await http.RunAsync(
            new Change<TermAcceptance>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    batch.Rows<TermsRow>().Want(new RowKey(id));
                    batch.Rows<TermAcceptance>().Want(new RowKey(http.Actor().Person, id));
                },
                Deciding = batch =>
                {
                    if (batch.Rows<TermAcceptance>().Find(new RowKey(http.Actor().Person, id)) is { } given)
                        return given;
                    if (batch.Rows<TermsRow>().Find(new RowKey(id)) is not { EndedAt: null })
                        return Refusal.Conflict("terms-ended", "A later version of these terms is in force. Read and accept that one.");
                    return Accept(batch, http.Actor(), id);
                },
            },
            row => Answer.Ok(new AcceptanceView(row.TermsId, row.PersonId, row.AcceptedAt))
        );
    }

    /// <summary>Records in the batch that the actor's person accepts a version.</summary>
    internal static TermAcceptance Accept(BatchState batch, Actor actor, Guid terms)
    {
        var row = new TermAcceptance
        {
            PersonId = actor.Person,
            TermsId = terms,
            PrincipalId = actor.PrincipalId,
            ClientId = actor.ClientId,
            AcceptedAt = batch.Tree(TreeId.Platform).At,
        };
        batch.Rows<TermAcceptance>().Insert(row);
        // The person's principal has a list of what it accepted, which a trigger keeps.
        batch.AlsoChanges<Principal>();
        return row;
    }

    private sealed class Validator : AbstractValidator<TermsBody>
    {
        public Validator()
        {
            RuleFor(body => body.Title).Name(200);
            RuleFor(body => body.Text).Text(20_000);
        }
    }
}
