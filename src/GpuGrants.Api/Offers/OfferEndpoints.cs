using GpuGrants.Api.Access;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Providers;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>Offers, their rates and their capacity.</summary>
public static class OfferEndpoints
{
    private const int DefaultMaxGpus = 8;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/offers", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listOffers", "List offers", "Everybody sees all offers.")
            .Lists<OfferView>("programmeId", "providerId", "gpuModel", "region", "status");
        v1.MapGet("/offers/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getOffer", "Read an offer", "Shows its current rate and its remaining capacity.")
            .Answers<OfferView>()
            .Refuses(404);
        v1.MapPost("/offers", CreateAsync)
            .RequireScope(Scopes.Provide)
            .Takes<OfferBody>()
            .Idempotent()
            .Says("createOffer", "Put up an offer", "The provider's operators put up offers. The capacity enters the ledger at once.")
            .Answers<OfferView>(201)
            .Refuses(409);
        v1.MapPatch("/offers/{id:guid}", PatchAsync)
            .RequireScope(Scopes.Provide)
            .TakesPatch<OfferBody>()
            .Says("updateOffer", "Change, pause or end an offer", "Grants that were awarded on it stay as they are.")
            .Answers<OfferView>();
        v1.MapPost("/offers/{id:guid}/rates", OfferRates.SetAsync)
            .RequireScope(Scopes.Provide)
            .Takes<RateBody>()
            .Idempotent()
            .Says("setOfferRate", "Set a rate", "The rate holds from now or from a later moment. Awarded grants keep their rate.")
            .Answers<OfferView>()
            .Refuses(404, 409);
        v1.MapPost("/offers/{id:guid}/add-capacity", OfferCapacity.AddAsync)
            .RequireScope(Scopes.Provide)
            .Takes<CapacityBody>()
            .Idempotent()
            .Says("addOfferCapacity", "Add capacity", "Adds GPU-hours that the offer can give.")
            .Answers<OfferView>()
            .Refuses(404, 409);
        v1.MapPost("/offers/{id:guid}/withdraw-capacity", OfferCapacity.WithdrawAsync)
            .RequireScope(Scopes.Provide)
            .Takes<CapacityBody>()
            .Idempotent()
            .Says("withdrawOfferCapacity", "Withdraw capacity", "Takes back GPU-hours that nobody was promised.")
            .Answers<OfferView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var programme = http.IdFilter("programmeId");
        var provider = http.IdFilter("providerId");
        var model = http.Request.Query["gpuModel"].ToString();
        var region = http.Request.Query["region"].ToString();
        var status = http.ChoiceFilter("status", "open", "paused", "ended");
        var rows = db.Set<OfferRow>()
            .Where(row =>
                (programme == null || row.ProgrammeId == programme)
                && (provider == null || row.ProviderId == provider)
                && (model == "" || row.GpuModelId == model)
                && (region == "" || row.Region == region)
                && (status == null || row.Status == status)
            );
        return TypedResults.Json(await http.PageAsync(rows, OfferView.Of), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await OfferChange.FindAsync(http, db, id);
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var rate = await db.Set<OfferRate>()
            .Where(one => one.RootProgrammeId == row.RootProgrammeId && one.OfferId == id && one.EffectiveFrom <= now)
            .OrderByDescending(one => one.EffectiveFrom)
            .Select(one => (long?)one.MillicreditsPerGpuHour)
            .FirstOrDefaultAsync(http.RequestAborted);
        var account = await db.Set<AccountRow>()
            .AsNoTracking()
            .FirstOrDefaultAsync(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.CapacityAccountId, http.RequestAborted);
        http.Response.Headers.ETag = Http.Answers.ETag(row.Version);
        return TypedResults.Json(
            OfferView.Of(row) with
            {
                Rate = rate is { } known ? Wire.Rate(known) : null,
                AvailableGpuHours = account is null ? 0 : Wire.Hours(account.CreditsPosted - account.DebitsPosted - account.DebitsPending),
            },
            ApiJson.Options
        );
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var body = await http.BodyAsync(new OfferValidator(isNew: true, now));
        var programme =
            await db.Set<Programme>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == body.ProgrammeId, http.RequestAborted)
            ?? throw Problem.Invalid("programmeId", "There is no such programme.");
        var provider =
            await db.Set<Provider>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == body.ProviderId, http.RequestAborted)
            ?? throw Problem.Invalid("providerId", "There is no such provider.");
        if (!http.Caller().Operates(provider.Id))
            throw Problem.Forbidden("Only the provider's operators put up offers for it.");
        if (!await db.Set<GpuModel>().AnyAsync(row => row.Id == body.GpuModel && row.Status == "active", http.RequestAborted))
            throw Problem.Invalid("gpuModel", "There is no such GPU model. List them at /v1/gpu-models.");
        GpuTime.TryFromHours(body.CapacityGpuHours!.Value, out var capacity);
        return await http.RunAsync(
            new Change<OfferRow>
            {
                Tree = TreeId.Of(programme.RootProgrammeId),
                Actor = http.Actor(),
                Planning = batch =>
                {
                    batch.Rows<Programme>().Want(new RowKey(programme.Id));
                    batch.Rows<Provider>().Want(new RowKey(provider.Id));
                    batch
                        .Tree(TreeId.Of(programme.RootProgrammeId))
                        .WantAccount(AccountIds.Of(AccountKind.Supply, LedgerUnit.Gpu(body.GpuModel!), provider.Id));
                },
                Deciding = batch =>
                {
                    if (batch.Rows<Provider>().Find(new RowKey(provider.Id)) is not { Status: "active" })
                        return Refusal.Conflict("provider-not-active", "The provider is suspended or closed.", "providerId");
                    if (batch.Rows<Programme>().Find(new RowKey(programme.Id)) is { Status: "ended" })
                        return Refusal.Conflict("programme-ended", "The programme has ended.", "programmeId");
                    return Create(batch, http.Actor(), body, programme, capacity);
                },
            },
            row =>
                Http.Answers.Created(
                    $"/v1/offers/{row.Id}",
                    OfferView.Of(row) with
                    {
                        Rate = body.Rate,
                        AvailableGpuHours = capacity.Hours,
                    },
                    row.Version
                )
        );
    }

    private static Outcome<OfferRow> Create(BatchState batch, Actor actor, OfferBody body, Programme programme, GpuTime capacity)
    {
        var tree = batch.Tree(TreeId.Of(programme.RootProgrammeId));
        var id = Guid.CreateVersion7(tree.At);
        var row = new OfferRow
        {
            RootProgrammeId = programme.RootProgrammeId,
            Id = id,
            ProgrammeId = programme.Id,
            ProviderId = body.ProviderId!.Value,
            GpuModelId = body.GpuModel!,
            Region = body.Region!,
            CapacityAccountId = AccountIds.Of(AccountKind.Capacity, LedgerUnit.Gpu(body.GpuModel!), id),
            MinGpuSeconds = Seconds(body.MinGpuHours) ?? 0,
            MaxGpuSeconds = Seconds(body.MaxGpuHours),
            MaxGpus = body.MaxGpus ?? DefaultMaxGpus,
            StartsAt = body.StartsAt ?? tree.At,
            EndsAt = body.EndsAt,
            Status = "open",
            Version = 1,
            CreatedAt = tree.At,
            UpdatedAt = tree.At,
        };
        Units.Rate.TryFromCredits(body.Rate!.Value, out var rate);
        if (!capacity.IsZero && OfferCapacity.Move(batch, row, capacity.Seconds, actor, isNew: true) is { } refused)
            return refused;
        batch.Rows<OfferRow>().Insert(row);
        batch
            .Rows<OfferRate>()
            .Insert(
                new OfferRate
                {
                    RootProgrammeId = row.RootProgrammeId,
                    OfferId = id,
                    EffectiveFrom = row.StartsAt < tree.At ? row.StartsAt : tree.At,
                    MillicreditsPerGpuHour = rate.MillicreditsPerGpuHour,
                    CreatedAt = tree.At,
                }
            );
        OfferChange.Changed(batch, actor, row, OfferEvents.Created);
        return row;
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var seen = await OfferChange.OperatedAsync(http, db, id);
        var patch = await http.PatchAsync(new OfferValidator(isNew: false, now));
        return await OfferChange.RunAsync(http, seen, http.IfMatch(), OfferEvents.Updated, null, (_, row) => Apply(patch, row));
    }

    private static Refusal? Apply(MergePatch<OfferBody> patch, OfferRow row)
    {
        var body = patch.Body;
        var smallest = patch.Clears(nameof(body.MinGpuHours)) ? 0 : Seconds(body.MinGpuHours) ?? row.MinGpuSeconds;
        var largest = patch.Clears(nameof(body.MaxGpuHours)) ? null : Seconds(body.MaxGpuHours) ?? row.MaxGpuSeconds;
        var endsAt = patch.Clears(nameof(body.EndsAt)) ? null : body.EndsAt ?? row.EndsAt;
        if (largest < smallest)
            return Refusal.Invalid("maxGpuHours", "State a largest grant that is not below the smallest.");
        if (endsAt <= row.StartsAt)
            return Refusal.Invalid("endsAt", "State an end after the start.");
        row.MinGpuSeconds = smallest;
        row.MaxGpuSeconds = largest;
        row.MaxGpus = body.MaxGpus ?? row.MaxGpus;
        row.EndsAt = endsAt;
        row.Status = body.Status ?? row.Status;
        return null;
    }

    private static long? Seconds(decimal? hours) => hours is { } value && GpuTime.TryFromHours(value, out var time) ? time.Seconds : null;
}
