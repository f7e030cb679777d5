using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;
using GpuGrants.Usage;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>A provider proposes an offer. It opens at once when it lies within standing terms of the programme.</summary>
internal static class CreateOffer
{
    private const int DefaultMaxGpus = 8;

    public static async Task<IResult> RunAsync(HttpContext http, GpuGrantsContext db)
    {
        var now = http.Now();
        var body = await http.BodyAsync(new OfferValidator(isNew: true, now));
        var programme = await ProgrammeSight.NamedAsync(http, db, body.ProgrammeId);
        var provider =
            await db.Set<Provider>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == body.ProviderId, http.RequestAborted)
            ?? throw Problem.Invalid("providerId", "There is no such provider.");
        if (!http.Caller().Operates(provider.Id))
            throw Problem.Forbidden("Only the provider's operators put up offers for it.");
        if (!await db.Set<GpuModel>().AnyAsync(row => row.Id == body.GpuModel && row.Status == "active", http.RequestAborted))
            throw Problem.Invalid("gpuModel", "There is no such GPU model. List them at /v1/gpu-models.");
        var terms = await StandingTermsUse.FindAsync(http, db, programme.Id, provider.Id, body.GpuModel!);
        var standIn = http.StandIn();
        return await http.RunAsync(
            new Change<OfferRow>
            {
                Tree = TreeId.Of(programme.RootProgrammeId),
                Actor = http.Actor(),
                Planning = batch =>
                {
                    standIn?.Plan(batch);
                    Plan(batch, body, programme, provider.Id, terms);
                },
                Deciding = batch =>
                {
                    if (batch.Rows<Provider>().Find(new RowKey(provider.Id)) is not { Status: "active" })
                        return Refusal.Conflict("provider-not-active", "The provider is suspended or closed.", "providerId");
                    if (batch.Rows<Programme>().Find(new RowKey(programme.Id)) is { Status: "ended" })
                        return Refusal.Conflict("programme-ended", "The programme has ended.", "programmeId");
                    // It may have been retired since the endpoint looked.
                    if (!IsOffered(batch, body.GpuModel!))
                        return UnknownModel();
                    var row = New(batch, http.Actor(), body, programme);
                    if (standIn?.RefuseOffer(batch, row) is { } own)
                        return own;
                    var outcome = Decide(batch, http.Actor(), row, terms);
                    if (outcome.TryGet(out _, out _))
                        standIn?.Decided(batch, TreeId.Of(row.RootProgrammeId), row.Id);
                    return outcome;
                },
            },
            row => Answer.Created($"/v1/offers/{row.Id}", ViewOf(http.Caller(), row, body), row.Version)
        );
    }

    private static void Plan(BatchState batch, OfferBody body, Programme programme, Guid provider, IReadOnlyList<Guid> terms)
    {
        batch.Rows<Programme>().Want(new RowKey(programme.Id));
        batch.Rows<Provider>().Want(new RowKey(provider));
        batch.Rows<GpuModel>().Want(RowKey.Of(body.GpuModel!));
        StandingTermsUse.Plan(batch, programme.RootProgrammeId, terms);
        batch
            .Tree(TreeId.Of(programme.RootProgrammeId))
            .WantAccount(AccountIds.Of(AccountKind.Supply, LedgerUnit.Gpu(body.GpuModel!), provider));
    }

    /// <summary>Whether new offers may have the model. Its row must have been wanted.</summary>
    internal static bool IsOffered(BatchState batch, string gpuModel) =>
        batch.Rows<GpuModel>().Find(RowKey.Of(gpuModel)) is { Status: "active" };

    /// <summary>The refusal of a model that is none, or is retired.</summary>
    internal static Refusal UnknownModel() => Refusal.Invalid("gpuModel", "There is no such GPU model. List them at /v1/gpu-models.");

    internal static Outcome<OfferRow> Decide(BatchState batch, Actor actor, OfferRow row, IReadOnlyList<Guid> terms)
    {
        var (rate, capacity) = (Rate.FromMillicredits(row.PendingRate!.Value), GpuTime.FromSeconds(row.PendingSeconds));
        row.StandingTermsId = StandingTermsUse.Choose(batch, row, terms, rate, capacity, actor);
        var isAccepted = row.StandingTermsId is not null;
        if (isAccepted)
        {
            if (OfferVerdicts.PutPending(batch, row, actor, isNew: true) is { } refused)
                return refused;
            StandingTermsUse.Take(batch, row, capacity);
        }
        else
            batch.Rows<OfferRow>().Insert(row);

        OfferChange.Changed(batch, actor, row, OfferEvents.Created, isAccepted ? OfferEvents.Accepted : OfferEvents.Proposed);
        return row;
    }

    internal static OfferRow New(BatchState batch, Actor actor, OfferBody body, Programme programme)
    {
        var at = batch.Tree(TreeId.Of(programme.RootProgrammeId)).At;
        var id = Guid.CreateVersion7(at);
        Rate.TryFromCredits(body.Rate!.Value, out var rate);
        var row = new OfferRow
        {
            RootProgrammeId = programme.RootProgrammeId,
            Id = id,
            ProgrammeId = programme.Id,
            ProviderId = body.ProviderId!.Value,
            GpuModelId = body.GpuModel!,
            Region = body.Region!,
            CapacityAccountId = AccountIds.Of(AccountKind.Capacity, LedgerUnit.Gpu(body.GpuModel!), id),
            MinGpuSeconds = Wire.Time(body.MinGpuHours)?.Seconds ?? 0,
            MaxGpuSeconds = Wire.Time(body.MaxGpuHours)?.Seconds,
            MaxGpus = body.MaxGpus ?? DefaultMaxGpus,
            SettlementSeconds = (body.SettlementHours ?? Settlement.DefaultHours) * 3_600L,
            ProviderApproves = body.ProviderApproves ?? false,
            Interconnect = body.Interconnect,
            GpusPerNode = body.GpusPerNode,
            Tags = body.Tags ?? [],
            EligibleKinds = body.EligibleKinds ?? [],
            EligibleCountries = body.EligibleCountries ?? [],
            Connection = body.Connection,
            StartsAt = body.StartsAt ?? at,
            EndsAt = body.EndsAt,
            Status = OfferStatus.Proposed,
            PendingRate = rate.MillicreditsPerGpuHour,
            PendingRateFrom = at,
            PendingSeconds = Wire.Time(body.CapacityGpuHours)!.Value.Seconds,
            ProposedBy = [actor.PrincipalId],
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
        row.TakeNames(body);
        return row;
    }

    private static OfferView ViewOf(Caller caller, OfferRow row, OfferBody body) =>
        OfferView.To(caller, row) with
        {
            Rate = row.AcceptedAt is null ? null : body.Rate,
            AvailableGpuHours = Wire.Hours(row.CapacitySeconds),
        };
}
