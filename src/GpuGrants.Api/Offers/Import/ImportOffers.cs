using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Offers;

namespace GpuGrants.Api.Offers.Import;

/// <summary>Makes offers of the lines of a price list, and reprices those that came of the same lines before.</summary>
internal sealed class ImportOffers : Command<List<ImportedLineView>>
{
    public required Programme Programme { get; init; }

    /// <summary>GPU-hours of each new offer.</summary>
    public required decimal CapacityGpuHours { get; init; }

    public required IReadOnlyList<KnownLine> Lines { get; init; }

    /// <summary>The administrator who acts in the providers' place; null where their operators do.</summary>
    public StandIn? StandIn { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        StandIn?.Plan(batch);
        batch.Rows<Programme>().Want(new RowKey(Programme.Id));
        foreach (var line in Lines)
        {
            batch.Rows<Provider>().Want(new RowKey(line.ProviderId));
            batch.Rows<GpuModel>().Want(RowKey.Of(line.Line.ModelId));
            StandingTermsUse.Plan(batch, Programme.RootProgrammeId, line.Terms);
            tree.WantAccount(AccountIds.Of(AccountKind.Supply, LedgerUnit.Gpu(line.Line.ModelId), line.ProviderId));
            if (line.Offer is { } offer && batch.Rows<OfferRow>().TryRead(OfferChange.KeyOf(offer), out var row) && row is not null)
            {
                StandingTermsUse.Plan(batch, row);
                OfferRates.WantNow(batch, row);
            }
        }
    }

    public override Outcome<List<ImportedLineView>> Decide(BatchState batch)
    {
        if (batch.Rows<Programme>().Find(new RowKey(Programme.Id)) is not { Status: not "ended" })
            return Refusal.Conflict("programme-ended", "The programme has ended.", "programmeId");
        return Lines.Select(line => Import(batch, line)).ToList();
    }

    private ImportedLineView Import(BatchState batch, KnownLine line)
    {
        if (batch.Rows<Provider>().Find(new RowKey(line.ProviderId)) is not { Status: "active" })
            return Refused(line, "provider", "The provider is suspended or closed.");
        if (!CreateOffer.IsOffered(batch, line.Line.ModelId))
            return Refused(line, "gpu_model", $"The model {line.Line.ModelId} was retired.");
        return line.Offer is { } seen && batch.Rows<OfferRow>().Find(OfferChange.KeyOf(seen)) is { } row && IsAlive(row)
            ? Reprice(batch, line, row)
            : Create(batch, line);
    }

    private ImportedLineView Create(BatchState batch, KnownLine line)
    {
        var body = new OfferBody
        {
            ProgrammeId = Programme.Id,
            ProviderId = line.ProviderId,
            GpuModel = line.Line.ModelId,
            Region = line.Line.Region,
            CapacityGpuHours = CapacityGpuHours,
            Rate = line.Line.Rate.CreditsPerGpuHour,
            MaxGpus = line.Line.Gpus,
        };
        var row = CreateOffer.New(batch, Actor, body, Programme);
        row.ImportKey = line.Line.Key;
        if (StandIn?.RefuseOffer(batch, row) is { } own)
            return Refused(line, "provider", own.Message);
        if (!CreateOffer.Decide(batch, Actor, row, line.Terms).TryGet(out var made, out var refusal))
            return Refused(line, null, refusal.Message);
        StandIn?.Decided(batch, Tree, made.Id);
        return Told(line, "created", made.Id);
    }

    private ImportedLineView Reprice(BatchState batch, KnownLine line, OfferRow row)
    {
        var tree = batch.Tree(Tree);
        var now = tree.Config.Offers.FirstOrDefault(one => one.Id == row.Id)?.RateAt(tree.At)?.MillicreditsPerGpuHour;
        if ((row.PendingRate ?? now) == line.Line.Rate.MillicreditsPerGpuHour)
            return Told(line, "unchanged", row.Id);
        if (StandIn?.RefuseOffer(batch, row) is { } own)
            return Refused(line, "provider", own.Message) with { OfferId = row.Id };
        if (!OfferRates.Set(batch, row, new RateBody(), line.Line.Rate, Actor).TryGet(out var types, out var refusal))
            return Refused(line, "usd_per_hour", refusal.Message) with { OfferId = row.Id };
        StandIn?.Decided(batch, Tree, row.Id);
        batch.Change(row, tree.At);
        OfferChange.Changed(batch, Actor, row, types);
        return Told(line, "repriced", row.Id);
    }

    private static bool IsAlive(OfferRow row) => row.Status is OfferStatus.Proposed or OfferStatus.Open or OfferStatus.Paused;

    private static ImportedLineView Told(KnownLine line, string status, Guid offer) =>
        new()
        {
            Line = line.Number,
            Status = status,
            OfferId = offer,
            GpuModel = line.Line.ModelId,
            Rate = Wire.Rate(line.Line.Rate.MillicreditsPerGpuHour),
        };

    private static ImportedLineView Refused(KnownLine line, string? column, string message) =>
        new()
        {
            Line = line.Number,
            Status = "refused",
            Column = column,
            Message = message,
        };
}

/// <summary>A line that may become an offer.</summary>
/// <param name="Number">Its number in the list.</param>
/// <param name="Line">What it says.</param>
/// <param name="ProviderId">Whose it is.</param>
/// <param name="Offer">The offer that came of the same line before; null for none.</param>
/// <param name="Terms">The programme's standing terms for provider and model.</param>
internal sealed record KnownLine(int Number, PriceLine Line, Guid ProviderId, OfferRow? Offer, IReadOnlyList<Guid> Terms);
