using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Providers;
using GpuGrants.Api.Store;
using GpuGrants.Ledger;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>An offer, new or changed: then what is left out stays.</summary>
public sealed record OfferBody
{
    /// <summary>The offer serves this programme and those below it. Cannot change.</summary>
    public Guid? ProgrammeId { get; init; }

    /// <summary>Cannot change.</summary>
    public Guid? ProviderId { get; init; }

    /// <summary>Cannot change.</summary>
    public string? GpuModel { get; init; }

    /// <summary>A lower-case word such as kr-central. Cannot change.</summary>
    public string? Region { get; init; }

    /// <summary>GPU-hours that the offer can give; more is added by <c>add-capacity</c>. Only for a new one.</summary>
    public decimal? CapacityGpuHours { get; init; }

    /// <summary>Credits per GPU-hour; later ones are set by <c>rates</c>. Only for a new one.</summary>
    public decimal? Rate { get; init; }

    /// <summary>The smallest grant.</summary>
    public decimal? MinGpuHours { get; init; }

    /// <summary>The largest grant; none when left out.</summary>
    public decimal? MaxGpuHours { get; init; }

    /// <summary>The most GPUs that one grant may use at once; 8 when left out.</summary>
    public int? MaxGpus { get; init; }

    /// <summary>At once when left out. Cannot change.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>open, paused or ended; only for a change.</summary>
    public string? Status { get; init; }
}

/// <summary>A rate from a moment on.</summary>
public sealed record RateBody
{
    /// <summary>Credits per GPU-hour.</summary>
    public decimal? Rate { get; init; }

    /// <summary>At once when left out; never in the past.</summary>
    public DateTimeOffset? EffectiveFrom { get; init; }
}

/// <summary>More capacity.</summary>
public sealed record CapacityBody
{
    public decimal? GpuHours { get; init; }
}

/// <summary>What a provider puts up.</summary>
public sealed record OfferView
{
    public required Guid Id { get; init; }

    public required Guid ProgrammeId { get; init; }

    public required Guid ProviderId { get; init; }

    public required string GpuModel { get; init; }

    public required string Region { get; init; }

    public required decimal MinGpuHours { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? MaxGpuHours { get; init; }

    public required int MaxGpus { get; init; }

    /// <summary>Credits per GPU-hour now, in the answer about a single offer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Rate { get; init; }

    /// <summary>GPU-hours that may still be granted, in the answer about a single offer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? AvailableGpuHours { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>open, paused or ended.</summary>
    public required string Status { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static OfferView Of(OfferRow row) => new()
    {
        Id = row.Id,
        ProgrammeId = row.ProgrammeId,
        ProviderId = row.ProviderId,
        GpuModel = row.GpuModelId,
        Region = row.Region,
        MinGpuHours = Wire.Hours(row.MinGpuSeconds),
        MaxGpuHours = row.MaxGpuSeconds is { } max ? Wire.Hours(max) : null,
        MaxGpus = row.MaxGpus,
        StartsAt = row.StartsAt,
        EndsAt = row.EndsAt,
        Status = row.Status,
        Version = row.Version,
        CreatedAt = row.CreatedAt,
    };
}

/// <summary>Offers, their rates and their capacity.</summary>
public static class OfferEndpoints
{
    private const int DefaultMaxGpus = 8;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/offers", ListAsync).RequireScope(Scopes.Read)
            .Says("listOffers", "List offers", "Everybody sees what is put up.").Lists<OfferView>("programmeId", "providerId", "gpuModel", "region", "status");
        v1.MapGet("/offers/{id:guid}", GetAsync).RequireScope(Scopes.Read)
            .Says("getOffer", "Read an offer", "With its present rate and what is left of its capacity.").Answers<OfferView>().Refuses(404);
        v1.MapPost("/offers", CreateAsync).RequireScope(Scopes.Provide).Takes<OfferBody>().Idempotent()
            .Says("createOffer", "Put up an offer", "For operators of the provider. Its capacity enters the ledger at once.").Answers<OfferView>(201).Refuses(409);
        v1.MapPatch("/offers/{id:guid}", PatchAsync).RequireScope(Scopes.Provide).Takes<OfferBody>().Conditional()
            .Says("updateOffer", "Change, pause or end an offer", "What was granted on it is never touched.").Answers<OfferView>();
        v1.MapPost("/offers/{id:guid}/rates", RateAsync).RequireScope(Scopes.Provide).Takes<RateBody>().Idempotent()
            .Says("setOfferRate", "Set a rate", "From now or a later moment on. Grants keep the rate at which they were awarded.").Answers<OfferView>().Refuses(404, 409);
        v1.MapPost("/offers/{id:guid}/add-capacity", CapacityAsync).RequireScope(Scopes.Provide).Takes<CapacityBody>().Idempotent()
            .Says("addOfferCapacity", "Add capacity", "More GPU-hours that the offer can give.").Answers<OfferView>().Refuses(404, 409);
        v1.MapPost("/offers/{id:guid}/withdraw-capacity", WithdrawAsync).RequireScope(Scopes.Provide).Takes<CapacityBody>().Idempotent()
            .Says("withdrawOfferCapacity", "Withdraw capacity", "Takes back GPU-hours that nobody was promised.").Answers<OfferView>().Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var programme = http.IdFilter("programmeId");
        var provider = http.IdFilter("providerId");
        var model = http.Request.Query["gpuModel"].ToString();
        var region = http.Request.Query["region"].ToString();
        var status = http.ChoiceFilter("status", "open", "paused", "ended");
        var rows = db.Set<OfferRow>().Where(row => (programme == null || row.ProgrammeId == programme) && (provider == null || row.ProviderId == provider)
            && (model == "" || row.GpuModelId == model) && (region == "" || row.Region == region) && (status == null || row.Status == status));
        return TypedResults.Json(await http.PageAsync(rows, OfferView.Of), ApiJson.Options);
    }

    private static async Task<OfferRow> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await db.Set<OfferRow>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted) ?? throw Problem.NotFound();

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var rate = await db.Set<OfferRate>().Where(one => one.RootProgrammeId == row.RootProgrammeId && one.OfferId == id && one.EffectiveFrom <= now)
            .OrderByDescending(one => one.EffectiveFrom).Select(one => (long?)one.MillicreditsPerGpuHour).FirstOrDefaultAsync(http.RequestAborted);
        var account = await db.Set<AccountRow>().AsNoTracking().FirstOrDefaultAsync(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.CapacityAccountId, http.RequestAborted);
        http.Response.Headers.ETag = Http.Answers.ETag(row.Version);
        return TypedResults.Json(OfferView.Of(row) with
        {
            Rate = rate is { } known ? Wire.Rate(known) : null,
            AvailableGpuHours = account is null ? 0 : Wire.Hours(account.CreditsPosted - account.DebitsPosted - account.DebitsPending),
        }, ApiJson.Options);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var body = await http.BodyAsync(new OfferValidator(isNew: true, now));
        var programme = await db.Set<Programme>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == body.ProgrammeId, http.RequestAborted) ?? throw Problem.Invalid("programmeId", "There is no such programme.");
        var provider = await db.Set<Provider>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == body.ProviderId, http.RequestAborted) ?? throw Problem.Invalid("providerId", "There is no such provider.");
        if (!http.Caller().Operates(provider.Id)) throw Problem.Forbidden("Only the provider's operators put up offers for it.");
        if (!await db.Set<GpuModel>().AnyAsync(row => row.Id == body.GpuModel && row.Status == "active", http.RequestAborted)) throw Problem.Invalid("gpuModel", "There is no such GPU model. List them at /v1/gpu-models.");
        GpuTime.TryFromHours(body.CapacityGpuHours!.Value, out var capacity);
        return await http.RunAsync(new Change
        {
            Tree = programme.RootProgrammeId,
            Actor = http.Actor(),
            IdempotencyKey = http.IdempotencyKey(),
            Planning = workspace =>
            {
                workspace.Rows<Programme>().Want(new RowKey(programme.Id));
                workspace.Rows<Provider>().Want(new RowKey(provider.Id));
                workspace.Tree(programme.RootProgrammeId).WantAccount(AccountIds.Of(AccountKind.Supply, LedgerUnit.Gpu(body.GpuModel!), provider.Id));
            },
            Deciding = workspace =>
            {
                if (workspace.Rows<Provider>().Find(new RowKey(provider.Id)) is not { Status: "active" }) return Problem.Conflict("provider-not-active", "The provider is suspended or closed.", "providerId");
                if (workspace.Rows<Programme>().Find(new RowKey(programme.Id)) is { Status: "ended" }) return Problem.Conflict("programme-ended", "The programme has ended.", "programmeId");
                return Create(workspace, http.Actor(), body, programme, capacity);
            },
        });
    }

    private static Answer Create(Workspace workspace, Actor actor, OfferBody body, Programme programme, GpuTime capacity)
    {
        var tree = workspace.Tree(programme.RootProgrammeId);
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
        if (!capacity.IsZero && Supply(workspace, row, capacity.Seconds, actor, isNew: true) is { } refused) return refused;
        workspace.Rows<OfferRow>().Insert(row);
        workspace.Rows<OfferRate>().Insert(new OfferRate { RootProgrammeId = row.RootProgrammeId, OfferId = id, EffectiveFrom = row.StartsAt < tree.At ? row.StartsAt : tree.At, MillicreditsPerGpuHour = rate.MillicreditsPerGpuHour, CreatedAt = tree.At });
        Changed(workspace, actor, row, "offer.created");
        return Http.Answers.Created($"/v1/offers/{row.Id}", OfferView.Of(row) with { Rate = body.Rate, AvailableGpuHours = capacity.Hours }, row.Version);
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var seen = await OperatedAsync(http, db, id);
        var body = await http.BodyAsync(new OfferValidator(isNew: false, now));
        if ((Seconds(body.MaxGpuHours) ?? seen.MaxGpuSeconds) < (Seconds(body.MinGpuHours) ?? seen.MinGpuSeconds)) throw Problem.Invalid("maxGpuHours", "The largest grant is not below the smallest.");
        if (body.EndsAt <= seen.StartsAt) throw Problem.Invalid("endsAt", "The end comes after the start.");
        return await ChangeAsync(http, seen, http.IfMatch(), "offer.updated", null, (_, row) =>
        {
            row.MinGpuSeconds = Seconds(body.MinGpuHours) ?? row.MinGpuSeconds;
            row.MaxGpuSeconds = Seconds(body.MaxGpuHours) ?? row.MaxGpuSeconds;
            row.MaxGpus = body.MaxGpus ?? row.MaxGpus;
            row.EndsAt = body.EndsAt ?? row.EndsAt;
            row.Status = body.Status ?? row.Status;
            return null;
        });
    }

    private static async Task<IResult> RateAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await OperatedAsync(http, db, id);
        var body = await http.BodyAsync(new RateValidator());
        Units.Rate.TryFromCredits(body.Rate!.Value, out var rate);
        return await ChangeAsync(http, seen, null, "offer.rate-set", null, (workspace, row) =>
        {
            var at = workspace.Tree(row.RootProgrammeId).At;
            if (body.EffectiveFrom < at - TimeSpan.FromMinutes(1)) return Problem.InvalidAnswer("effectiveFrom", "A rate never changes the past: leave it out, or state a later moment.");
            workspace.Rows<OfferRate>().Insert(new OfferRate { RootProgrammeId = row.RootProgrammeId, OfferId = row.Id, EffectiveFrom = body.EffectiveFrom is { } later && later > at ? later : at, MillicreditsPerGpuHour = rate.MillicreditsPerGpuHour, CreatedAt = at });
            return null;
        });
    }

    private static async Task<IResult> CapacityAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await OperatedAsync(http, db, id);
        var time = await TimeAsync(http);
        return await ChangeAsync(http, seen, null, "offer.capacity-added", PlanSupply(seen), (workspace, row) => Supply(workspace, row, time.Seconds, http.Actor(), isNew: false));
    }

    private static async Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await OperatedAsync(http, db, id);
        var time = await TimeAsync(http);
        return await ChangeAsync(http, seen, null, "offer.capacity-withdrawn", PlanSupply(seen), (workspace, row) => Supply(workspace, row, -time.Seconds, http.Actor(), isNew: false));
    }

    private static Action<TreeWork> PlanSupply(OfferRow row) => tree =>
    {
        tree.WantAccount(AccountIds.Of(AccountKind.Supply, LedgerUnit.Gpu(row.GpuModelId), row.ProviderId));
        tree.WantAccount(row.CapacityAccountId);
    };

    private static async Task<GpuTime> TimeAsync(HttpContext http)
    {
        var body = await http.BodyAsync<CapacityBody>();
        return body.GpuHours is { } hours && GpuTime.TryFromHours(hours, out var time) && !time.IsZero ? time : throw Problem.Invalid("gpuHours", OfferValidator.HoursRule);
    }

    /// <summary>Moves GPU time from the provider's supply to the offer, or back when negative.</summary>
    private static Answer? Supply(Workspace workspace, OfferRow row, long seconds, Actor actor, bool isNew)
    {
        var tree = workspace.Tree(row.RootProgrammeId);
        var unit = LedgerUnit.Gpu(row.GpuModelId);
        var supply = tree.AccountOf(AccountKind.Supply, unit, row.ProviderId);
        var capacity = tree.AccountOf(AccountKind.Capacity, unit, row.Id, isNew);
        var context = new TransferContext(ProgrammeId: row.ProgrammeId, ActorId: actor.PrincipalId, ClientId: actor.ClientId);
        var order = seconds > 0
            ? TransferOrder.Posted(Guid.CreateVersion7(tree.At), supply, capacity, seconds, TransferReasons.Capacity, context)
            : TransferOrder.Posted(Guid.CreateVersion7(tree.At), capacity, supply, -seconds, TransferReasons.Capacity, context);
        return tree.TryPost([order], out var refusal) ? null : Problem.Of(refusal);
    }

    private static async Task<OfferRow> OperatedAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Caller().Operates(row.ProviderId) ? row : throw Problem.Forbidden("Only the provider's operators change its offers.");
    }

    private static Task<IResult> ChangeAsync(HttpContext http, OfferRow seen, long? expected, string type, Action<TreeWork>? plan, Func<Workspace, OfferRow, Answer?> change) => http.RunAsync(new Change
    {
        Tree = seen.RootProgrammeId,
        Actor = http.Actor(),
        IdempotencyKey = http.IdempotencyKey(),
        Planning = workspace =>
        {
            workspace.Rows<OfferRow>().Want(new RowKey(seen.RootProgrammeId, seen.Id));
            plan?.Invoke(workspace.Tree(seen.RootProgrammeId));
        },
        Deciding = workspace =>
        {
            var row = workspace.Rows<OfferRow>().Find(new RowKey(seen.RootProgrammeId, seen.Id))!;
            if (expected is { } version && version != row.Version) return Problem.Stale(row.Version);
            if (row.Status == "ended") return Problem.Conflict("offer-ended", "The offer has ended for good.", "status");
            if (change(workspace, row) is { } refused) return refused;
            row.Version++;
            row.UpdatedAt = workspace.Tree(seen.RootProgrammeId).At;
            workspace.Rows<OfferRow>().Update(row);
            Changed(workspace, http.Actor(), row, type);
            return Http.Answers.Ok(OfferView.Of(row), row.Version);
        },
    });

    private static void Changed(Workspace workspace, Actor actor, OfferRow row, string type)
    {
        workspace.Happened(row.RootProgrammeId, actor, type, "offer", row.Id.ToString(), null, ApiJson.WriteText(new { offerId = row.Id, status = row.Status, version = row.Version }));
        workspace.Tree(row.RootProgrammeId).MarkConfigChanged();
    }

    private static long? Seconds(decimal? hours) => hours is { } value && GpuTime.TryFromHours(value, out var time) ? time.Seconds : null;

    private sealed class RateValidator : AbstractValidator<RateBody>
    {
        public RateValidator() => RuleFor(body => body.Rate).Must(rate => rate is { } value && Units.Rate.TryFromCredits(value, out _)).WithMessage(OfferValidator.RateRule);
    }
}

/// <summary>What an offer's fields need.</summary>
internal sealed class OfferValidator : AbstractValidator<OfferBody>
{
    public const string HoursRule = "State GPU-hours above 0 and up to 100,000,000 in steps of 0.01.";
    public const string RateRule = "State 0 to 1,000 credits per GPU-hour with at most three decimals.";

    public OfferValidator(bool isNew, DateTimeOffset now)
    {
        RuleFor(body => body.MinGpuHours).Must(hours => hours is null || GpuTime.TryFromHours(hours.Value, out _)).WithMessage(HoursRule);
        RuleFor(body => body.MaxGpuHours).Must(hours => hours is null || (GpuTime.TryFromHours(hours.Value, out var time) && !time.IsZero)).WithMessage(HoursRule);
        RuleFor(body => body.MaxGpuHours).Must((body, max) => max is null || body.MinGpuHours is null || max >= body.MinGpuHours).WithMessage("The largest grant is not below the smallest.");
        RuleFor(body => body.MaxGpus).Must(gpus => gpus is null or (>= 1 and <= 100_000)).WithMessage("State 1 to 100,000 GPUs.");
        RuleFor(body => body.EndsAt).Must((body, end) => end is null || end > (body.StartsAt ?? now)).WithMessage("The end comes after the start, and not in the past.");
        RuleFor(body => body.Status).OneOf(["open", "paused", "ended"], required: false);
        if (isNew) ForNew();
        else ForChange();
    }

    private void ForNew()
    {
        RuleFor(body => body.ProgrammeId).NotNull().WithMessage("Name the programme that the offer serves.");
        RuleFor(body => body.ProviderId).NotNull().WithMessage("Name the provider.");
        RuleFor(body => body.GpuModel).Slug();
        RuleFor(body => body.Region).Slug();
        RuleFor(body => body.CapacityGpuHours).Must(hours => hours is { } value && GpuTime.TryFromHours(value, out _)).WithMessage("State GPU-hours from 0 to 100,000,000 in steps of 0.01.");
        RuleFor(body => body.Rate).Must(rate => rate is { } value && Units.Rate.TryFromCredits(value, out _)).WithMessage(RateRule);
        RuleFor(body => body.Status).Null().WithMessage("A new offer is open.");
    }

    private void ForChange()
    {
        const string Kept = "It cannot change; put up another offer.";
        RuleFor(body => body.ProgrammeId).Null().WithMessage(Kept);
        RuleFor(body => body.ProviderId).Null().WithMessage(Kept);
        RuleFor(body => body.GpuModel).Null().WithMessage(Kept);
        RuleFor(body => body.Region).Null().WithMessage(Kept);
        RuleFor(body => body.StartsAt).Null().WithMessage(Kept);
        RuleFor(body => body.CapacityGpuHours).Null().WithMessage("Use add-capacity or withdraw-capacity.");
        RuleFor(body => body.Rate).Null().WithMessage("Use rates.");
    }
}
