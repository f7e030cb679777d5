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
using GpuGrants.Independence;
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>A programme's standing terms. They never change: whoever wants others ends them and makes new ones.</summary>
internal static class StandingTermsEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/programmes/{id:guid}/standing-terms", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listStandingTerms",
                "List standing terms",
                "Reviewers and administrators of the programme see all of its standing terms. Operators see those for their provider."
            )
            .ListsByChange<StandingTermsView>("providerId", "status")
            .Refuses(404);
        v1.MapPost("/programmes/{id:guid}/standing-terms", CreateAsync)
            .RequireScope(Scopes.Administer)
            .Takes<StandingTermsBody>()
            .Idempotent()
            .Says(
                "createStandingTerms",
                "Accept offers in advance",
                "For administrators of the programme who do not operate the provider. An offer that is proposed from now on and lies within "
                    + "the terms opens at once."
            )
            .Answers<StandingTermsView>(201)
            .Refuses(404, 409);
        v1.MapGet("/standing-terms/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getStandingTerms", "Read standing terms", "What they accept, how much of it is taken, and who made and ended them.")
            .Answers<StandingTermsView>()
            .Refuses(404);
        v1.MapPost("/standing-terms/{id:guid}/end", EndAsync)
            .RequireScope(Scopes.Administer)
            .Idempotent()
            .Conditional()
            .Says(
                "endStandingTerms",
                "End standing terms",
                "For administrators of the programme who do not operate the provider. They accept nothing more. What they accepted stays "
                    + "accepted."
            )
            .Answers<StandingTermsView>();
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var programme = await ProgrammeAsync(http, db, id);
        var seesAll = http.Caller().Reviews(programme.Path);
        var operated = http.Caller().Providers;
        var rows = db.Set<StandingTermsRow>()
            .Where(row => row.ProgrammeId == id && (seesAll || operated.Contains(row.ProviderId)))
            .OnlyIds(http, "providerId", row => row.ProviderId)
            .OnlyWords(http, "status", row => row.Status, "active", "ended");
        return TypedResults.Json(await http.PageAsync(rows, StandingTermsView.Of, names: row => [row.ProviderId]), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, _) = await SeenAsync(http, db, id);
        return http.Found(StandingTermsView.Of(row), row.Version);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var programme = await ProgrammeAsync(http, db, id);
        if (!http.Caller().Administers(programme.Path))
            throw Problem.Forbidden("Only administrators of the programme, or of one above it, make standing terms for it.");
        var now = http.Now();
        var body = await http.BodyAsync(new StandingTermsValidator(now));
        var provider = body.ProviderId!.Value;
        if (!await db.Set<Provider>().AnyAsync(row => row.Id == provider, http.RequestAborted))
            throw Problem.Invalid("providerId", "There is no such provider.");
        if (!await db.Set<GpuModel>().AnyAsync(row => row.Id == body.GpuModel && row.Status == "active", http.RequestAborted))
            throw Problem.Invalid("gpuModel", "There is no such GPU model. List them at /v1/gpu-models.");
        OfferVerdicts.Require(http.Caller(), programme, spends: true);
        var decider = http.Decider();
        return await http.RunAsync(
            new Change<StandingTermsRow>
            {
                Tree = TreeId.Of(programme.RootProgrammeId),
                Actor = http.Actor(),
                Planning = batch =>
                {
                    decider.Plan(batch);
                    batch.Rows<Programme>().Want(new RowKey(id));
                    batch.Rows<GpuModel>().Want(RowKey.Of(body.GpuModel!));
                },
                Deciding = batch =>
                {
                    var at = batch.Tree(TreeId.Of(programme.RootProgrammeId)).At;
                    if (decider.Refuse(batch, at, Party.Provider(provider)) is { } own)
                        return own;
                    if (batch.Rows<Programme>().Find(new RowKey(id)) is { Status: "ended" })
                        return Refusal.Conflict("programme-ended", "The programme has ended.", "id");
                    if (!CreateOffer.IsOffered(batch, body.GpuModel!))
                        return CreateOffer.UnknownModel();
                    var row = New(at, http.Actor(), body, programme);
                    if (row.EndsAt <= row.StartsAt)
                        return Refusal.Invalid("endsAt", "The end comes after the start.");
                    batch.Rows<StandingTermsRow>().Insert(row);
                    RecordEvent(batch, http.Actor(), row, OfferEvents.StandingTermsCreated);
                    decider.Decided(batch, TreeId.Of(programme.RootProgrammeId), row.Id);
                    return row;
                },
            },
            row => Answer.Created($"/v1/standing-terms/{row.Id}", StandingTermsView.Of(row), row.Version)
        );
    }

    private static StandingTermsRow New(DateTimeOffset at, Actor actor, StandingTermsBody body, Programme programme)
    {
        Rate.TryFromCredits(body.MaxRate!.Value, out var rate);
        return new StandingTermsRow
        {
            RootProgrammeId = programme.RootProgrammeId,
            Id = Guid.CreateVersion7(at),
            ProgrammeId = programme.Id,
            ProviderId = body.ProviderId!.Value,
            GpuModelId = body.GpuModel!,
            Regions = body.Regions ?? [],
            MaxRate = rate.MillicreditsPerGpuHour,
            CapacitySeconds = Wire.Time(body.CapacityGpuHours)!.Value.Seconds,
            StartsAt = body.StartsAt ?? at,
            EndsAt = body.EndsAt,
            Status = "active",
            CreatedBy = actor.PrincipalId,
            ClientId = actor.ClientId,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
    }

    private static async Task<IResult> EndAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (seen, programme) = await SeenAsync(http, db, id);
        if (!http.Caller().Administers(programme.Path))
            throw Problem.Forbidden("Only administrators of the programme, or of one above it, end its standing terms.");
        var decider = http.Decider();
        return await http.RunAsync(
            new ChangeResource<StandingTermsRow>
            {
                Tree = TreeId.Of(seen.RootProgrammeId),
                Actor = http.Actor(),
                Key = new RowKey(seen.RootProgrammeId, seen.Id),
                ExpectedVersion = http.IfMatch(),
                Planning = decider.Plan,
                Changing = (batch, row) =>
                {
                    if (decider.Refuse(batch, batch.Tree(TreeId.Of(row.RootProgrammeId)).At, Party.Provider(row.ProviderId)) is { } own)
                        return own;
                    if (row.Status == "ended")
                        return Refusal.Conflict("standing-terms-ended", "The standing terms have ended already.", "status");
                    row.Status = "ended";
                    row.EndedBy = http.Actor().PrincipalId;
                    row.EndedAt = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
                    return null;
                },
                Recording = (batch, row) =>
                {
                    RecordEvent(batch, http.Actor(), row, OfferEvents.StandingTermsEnded);
                    decider.Decided(batch, TreeId.Of(row.RootProgrammeId), row.Id);
                },
            },
            row => Answer.Ok(StandingTermsView.Of(row), row.Version)
        );
    }

    private static void RecordEvent(BatchState batch, Actor actor, StandingTermsRow row, EventType<StandingTermsData> type) =>
        batch.RecordEvent(
            TreeId.Of(row.RootProgrammeId),
            actor,
            type,
            new StandingTermsData(row.Id, row.ProgrammeId, row.ProviderId, row.Status, row.Version)
        );

    /// <summary>The terms with their programme, if the caller may see them.</summary>
    private static async Task<(StandingTermsRow Row, Programme Programme)> SeenAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row =
            await db.Set<StandingTermsRow>().AsNoTracking().FirstOrDefaultAsync(one => one.Id == id, http.RequestAborted)
            ?? throw Problem.NotFound();
        var programme = await ProgrammeAsync(http, db, row.ProgrammeId);
        return http.Caller().Reviews(programme.Path) || http.Caller().Operates(row.ProviderId)
            ? (row, programme)
            : throw Problem.NotFound();
    }

    private static async Task<Programme> ProgrammeAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await ProgrammeSight.FindAsync(http, db, id) ?? throw Problem.NotFound();
}
