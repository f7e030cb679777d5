using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>Offers, their rates and their capacity.</summary>
public static class OfferEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/offers", ListAsync)
            .RequireScope(Scopes.Read)
            .WithoutToken()
            .Says(
                "listOffers",
                "List offers",
                "What the programmes that you may know of have accepted. The provider's operators and the programme's reviewers also see "
                    + "what is proposed, what waits and what was rejected."
            )
            .ListsByChange<OfferView>("programmeId", "providerId", "gpuModel", "region", "status", "externalId")
            .Asks("pending");
        OfferSearch.Map(v1);
        v1.MapGet("/offers/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .WithoutToken()
            .Says("getOffer", "Read an offer", "Shows its current rate and its remaining capacity.")
            .Answers<OfferView>()
            .Refuses(404);
        v1.MapPost("/offers", CreateOffer.RunAsync)
            .RequireScope(Scopes.Provide)
            .Takes<OfferBody>()
            .Idempotent()
            .Says(
                "createOffer",
                "Propose an offer",
                "The provider's operators propose offers. An offer opens when an administrator of the programme accepts it, or at once "
                    + "within standing terms of the programme. Its capacity then enters the ledger."
            )
            .Answers<OfferView>(201)
            .Refuses(409);
        v1.MapPatch("/offers/{id:guid}", PatchAsync)
            .RequireScope(Scopes.Provide)
            .TakesPatch<OfferBody>()
            .Says(
                "updateOffer",
                "Change, pause or end an offer",
                "A later end than the programme accepted waits for it. What was granted on it is never touched."
            )
            .Answers<OfferView>();
        v1.MapPost("/offers/{id:guid}/rates", OfferRates.SetAsync)
            .RequireScope(Scopes.Provide)
            .Takes<RateBody>()
            .Idempotent()
            .Says(
                "setOfferRate",
                "Set a rate",
                "The rate holds from now or from a later moment, and replaces one that would begin at the same moment. A higher rate than "
                    + "the programme accepted waits for it. Awarded grants keep their rate."
            )
            .Answers<OfferView>()
            .Refuses(404, 409);
        v1.MapPost("/offers/{id:guid}/add-capacity", OfferCapacity.AddAsync)
            .RequireScope(Scopes.Provide)
            .Takes<CapacityBody>()
            .Idempotent()
            .Says(
                "addOfferCapacity",
                "Add capacity",
                "Adds GPU-hours that the offer can give. What goes beyond what the programme accepted waits for it."
            )
            .Answers<OfferView>()
            .Refuses(404, 409);
        v1.MapPost("/offers/{id:guid}/withdraw-capacity", OfferCapacity.WithdrawAsync)
            .RequireScope(Scopes.Provide)
            .Takes<CapacityBody>()
            .Idempotent()
            .Says(
                "withdrawOfferCapacity",
                "Withdraw capacity",
                "Takes back GPU-hours that wait for the programme first, then those that nobody was promised."
            )
            .Answers<OfferView>()
            .Refuses(404, 409);
        TrancheEndpoints.Map(v1);
        OfferVerdicts.Map(v1);
        StandingTermsEndpoints.Map(v1);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.CallerOrNobody();
        var sight = await OfferSight.OfAsync(db, caller, http.RequestAborted);
        var rows = OfferChange
            .Visible(db, caller)
            .OnlyPending(http, db, caller)
            .OnlyIds(http, "programmeId", row => row.ProgrammeId)
            .OnlyIds(http, "providerId", row => row.ProviderId)
            .OnlyOwn(http, caller)
            .OnlyWords(http, "gpuModel", row => row.GpuModelId)
            .OnlyWords(http, "region", row => row.Region)
            .OnlyWords(http, "status", row => row.Status, OfferStatus.All);
        return TypedResults.Json(
            await http.PageAsync(rows, sight.ViewOf, names: row => [row.ProgrammeId, row.ProviderId]),
            ApiJson.Options
        );
    }

    /// <summary>Something waits of an offer for those who see it wait.</summary>
    private static IQueryable<OfferRow> OnlyPending(this IQueryable<OfferRow> rows, HttpContext http, GpuGrantsContext db, Caller? caller)
    {
        if (http.Flag("pending") is not { } waits)
            return rows;
        if (caller is null)
            return rows.Where(_ => !waits);
        var seen = OfferSight.Negotiated(db, caller).Select(row => row.Id);
        return rows.Where(row => ((row.PendingRate != null || row.PendingSeconds > 0 || row.PendingEnd) && seen.Contains(row.Id)) == waits);
    }

    /// <summary>Names that a provider gave find its offers for the provider alone.</summary>
    private static IQueryable<OfferRow> OnlyOwn(this IQueryable<OfferRow> rows, HttpContext http, Caller? caller)
    {
        var named = rows.OnlyWords(http, "externalId", row => row.ExternalId);
        if (named == rows || caller?.IsPlatformAdministrator == true)
            return named;
        var operated = caller?.Providers ?? [];
        return named.Where(row => operated.Contains(row.ProviderId));
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await OfferChange.FindAsync(http, db, id);
        var now = http.Now();
        var rates = db.Set<OfferRate>().Where(one => one.RootProgrammeId == row.RootProgrammeId && one.OfferId == id);
        var rate = await rates
            .Where(one => one.EffectiveFrom <= now)
            .OrderByDescending(one => one.EffectiveFrom)
            .Select(one => (long?)one.MillicreditsPerGpuHour)
            .FirstOrDefaultAsync(http.RequestAborted);
        var coming = await rates.Where(one => one.EffectiveFrom > now).OrderBy(one => one.EffectiveFrom).ToListAsync(http.RequestAborted);
        var account = await db.Set<AccountRow>()
            .AsNoTracking()
            .FirstOrDefaultAsync(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.CapacityAccountId, http.RequestAborted);
        var tranches = await OfferTranches.ReadAsync(db, row, http.RequestAborted);
        // What an expired quote pinned is free, whether or not anybody ended its hold.
        var expired = await db.Set<Quote>()
            .Where(one => one.RootProgrammeId == row.RootProgrammeId && one.OfferId == id)
            .Where(one => one.Status == QuoteStatus.Open && one.ExpiresAt <= now)
            .SumAsync(one => one.GpuSeconds, http.RequestAborted);
        var sight = await OfferSight.OfAsync(db, http.CallerOrNobody(), http.RequestAborted);
        var free = account is null ? 0 : account.CreditsPosted - account.DebitsPosted - account.DebitsPending + expired;
        return http.FoundWhole(
            sight.ViewOf(row).With(tranches) with
            {
                Rate = rate is { } known ? Wire.Rate(known) : null,
                ComingRates = [.. coming.Select(ComingRateView.Of)],
                AvailableGpuHours = Wire.Hours(OfferTranches.Limit(row, tranches, free, now)),
            },
            row.Version
        );
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var now = http.Now();
        var seen = await OfferChange.OperatedAsync(http, db, id);
        var patch = await http.PatchAsync(new OfferValidator(isNew: false, now));
        return await OfferChange.RunAsync(
            http,
            seen,
            http.IfMatch(),
            null,
            (batch, row) => Apply(batch, http.Actor(), patch, row),
            standIn: OnlyPauses(patch) ? null : http.StandIn()
        );
    }

    /// <summary>A pause costs nobody anything that was promised, so in an emergency any administrator may pause an offer.</summary>
    private static bool OnlyPauses(MergePatch<OfferBody> patch) =>
        patch.Cleared.Count == 0 && patch.Body == new OfferBody { Status = OfferStatus.Paused };

    private static Outcome<EventType<OfferData>[]> Apply(BatchState batch, Actor actor, MergePatch<OfferBody> patch, OfferRow row)
    {
        var body = patch.Body;
        var smallest = patch.Clears(nameof(body.MinGpuHours)) ? 0 : Wire.Time(body.MinGpuHours)?.Seconds ?? row.MinGpuSeconds;
        var largest = patch.Clears(nameof(body.MaxGpuHours)) ? null : Wire.Time(body.MaxGpuHours)?.Seconds ?? row.MaxGpuSeconds;
        if (largest < smallest)
            return Refusal.Invalid("maxGpuHours", "The largest grant is not below the smallest.");
        if (body.EndsAt <= row.StartsAt)
            return Refusal.Invalid("endsAt", "The end comes after the start.");
        if (row.AcceptedAt is null && body.Status is OfferStatus.Open or OfferStatus.Paused)
            return Refusal.Conflict(
                "offer-not-accepted",
                "The programme has not accepted the offer. Wait until one of its administrators accepts it, or end the offer.",
                "status"
            );
        if (row.AcceptedAt is not null && body.SettlementHours * 3_600L > row.SettlementSeconds)
            return Refusal.Invalid(
                "settlementHours",
                $"The programme accepted a settlement period of {row.SettlementSeconds / 3_600} hours. State at "
                    + "most that, or put up another "
                    + "offer."
            );
        if (row.AcceptedAt is not null && body.ProviderApproves == true && !row.ProviderApproves)
            return Refusal.Invalid(
                "providerApproves",
                "The programme accepted an offer on which rules and reviewers approve. Put up another offer, or pause this one."
            );
        if (patch.Rename(row) is { } refused)
            return refused;
        row.MinGpuSeconds = smallest;
        row.MaxGpuSeconds = largest;
        row.MaxGpus = body.MaxGpus ?? row.MaxGpus;
        row.SettlementSeconds = body.SettlementHours * 3_600L ?? row.SettlementSeconds;
        row.ProviderApproves = body.ProviderApproves ?? row.ProviderApproves;
        row.Interconnect = patch.Clears(nameof(body.Interconnect)) ? null : body.Interconnect ?? row.Interconnect;
        row.GpusPerNode = patch.Clears(nameof(body.GpusPerNode)) ? null : body.GpusPerNode ?? row.GpusPerNode;
        row.Tags = patch.Clears(nameof(body.Tags)) ? [] : body.Tags ?? row.Tags;
        row.EligibleKinds = patch.Clears(nameof(body.EligibleKinds)) ? [] : body.EligibleKinds ?? row.EligibleKinds;
        row.EligibleCountries = patch.Clears(nameof(body.EligibleCountries)) ? [] : body.EligibleCountries ?? row.EligibleCountries;
        row.Connection = patch.Clears(nameof(body.Connection)) ? null : body.Connection ?? row.Connection;
        row.Status = body.Status ?? row.Status;
        if (row.Status == OfferStatus.Ended)
            OfferVerdicts.Withdraw(batch, row);
        return (body.EndsAt is not null || patch.Clears(nameof(body.EndsAt))) && !SetEnd(batch, actor, row, body.EndsAt)
            ? (EventType<OfferData>[])[OfferEvents.Updated, OfferEvents.Proposed]
            : (EventType<OfferData>[])[OfferEvents.Updated];
    }

    /// <summary>Whether the end holds at once. An end that goes beyond what the programme accepted waits for it.</summary>
    private static bool SetEnd(BatchState batch, Actor actor, OfferRow row, DateTimeOffset? end)
    {
        var consent = OfferRates.Consent(batch, batch.Tree(TreeId.Of(row.RootProgrammeId)), row);
        var isCovered = row.AcceptedAt is null || consent.CoversEnd(end);
        if (!isCovered && !StandingTermsUse.Admit(batch, row, consent.Rates.Max(one => one.Rate), end, GpuTime.Zero, actor))
        {
            // An offer that ends now needs no later end.
            if (row.Status == OfferStatus.Ended)
                return true;
            (row.PendingEnd, row.PendingEndsAt) = (true, end);
            row.AddProposer(actor.PrincipalId);
            return false;
        }

        if (!isCovered)
            row.AcceptedEndsAt = end;
        (row.EndsAt, row.PendingEnd, row.PendingEndsAt) = (end, false, null);
        return true;
    }
}
