using System.Text;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers.Import;

/// <summary>Importing a price list.</summary>
internal static class ImportEndpoints
{
    /// <summary>GPU models that wait for an administrator, on the whole platform: beyond it, lines that name more are refused.</summary>
    private const int MaxProposedModels = 100;

    public static void Map(RouteGroupBuilder v1) =>
        v1.MapPost("/offers/import", ImportAsync)
            .RequireScope(Scopes.Provide)
            .Takes<OfferImportBody>()
            .Idempotent()
            .Says(
                "importOffers",
                "Import a price list",
                "For operators of the providers that the list names. Each line becomes an offer, or a new rate of the offer "
                    + "that came of it before. The same list again changes nothing. Nothing is served before the programme accepts it."
            )
            .Answers<OfferImportView>()
            .Refuses(409);

    private static async Task<IResult> ImportAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new OfferImportValidator());
        var programme = await ProgrammeSight.NamedAsync(http, db, body.ProgrammeId);
        if (await http.EarlierAnswerAsync() is { } given)
            return new AnswerResult(given);
        var read = PriceListReader.Read(body.Csv!, body.CreditsPerUsd ?? 1);
        var (known, told) = await SortAsync(http, db, programme, read);
        return await http.RunAsync(
            new ImportOffers
            {
                Tree = TreeId.Of(programme.RootProgrammeId),
                Actor = http.Actor(),
                Programme = programme,
                CapacityGpuHours = body.CapacityGpuHours!.Value,
                Lines = known,
                StandIn = http.StandIn(),
            },
            imported => Answer.Ok(new OfferImportView { Lines = [.. told.Concat(imported).OrderBy(one => one.Line)] })
        );
    }

    /// <summary>What may become offers, and the report of the other lines.</summary>
    private static async Task<(List<KnownLine> Known, List<ImportedLineView> Told)> SortAsync(
        HttpContext http,
        GpuGrantsContext db,
        Programme programme,
        List<ReadLine> read
    )
    {
        var (known, told) = (new List<KnownLine>(), new List<ImportedLineView>());
        var mine = http.Caller().Providers;
        var all = http.Caller().IsPlatformAdministrator;
        var providers = (await db.Set<Provider>().Where(row => all || mine.Contains(row.Id)).ToListAsync(http.RequestAborted)).ToLookup(
            row => Folded(row.Name),
            row => row.Id
        );
        var models = await ModelsAsync(http, db, [.. read.Select(one => one.Line).OfType<PriceLine>()], providers);
        var offers = await db.Set<OfferRow>()
            .AsNoTracking()
            .Where(row => row.RootProgrammeId == programme.RootProgrammeId && row.ProgrammeId == programme.Id && row.ImportKey != null)
            .Where(row => row.Status == OfferStatus.Proposed || row.Status == OfferStatus.Open || row.Status == OfferStatus.Paused)
            .ToListAsync(http.RequestAborted);
        var terms = new Dictionary<(Guid, string), IReadOnlyList<Guid>>();
        var seen = new HashSet<(Guid, string)>();
        foreach (var one in read)
        {
            if (one.Line is not { } line)
                told.Add(Refused(one.Number, one.Column, one.Mistake!));
            else if (providers[Folded(line.Provider)].ToList() is not [var provider])
                told.Add(Refused(one.Number, "provider", $"You do not operate exactly one provider of the name {line.Provider}."));
            else if (!seen.Add((provider, line.Key)))
                told.Add(Refused(one.Number, "instance_type", "The list has this instance type in this region already."));
            else if (Unfit(line, models.GetValueOrDefault(line.ModelId)) is { } unfit)
                told.Add(unfit with { Line = one.Number });
            else
            {
                if (!terms.TryGetValue((provider, line.ModelId), out var standing))
                    terms[(provider, line.ModelId)] = standing = await StandingTermsUse.FindAsync(
                        http,
                        db,
                        programme.Id,
                        provider,
                        line.ModelId
                    );
                var offer = offers.Find(row => row.ProviderId == provider && row.ImportKey == line.Key);
                if (offer is not null && offer.GpuModelId != line.ModelId)
                    told.Add(OtherModel(one.Number, offer));
                else
                    known.Add(new KnownLine(one.Number, line, provider, offer, standing));
            }
        }

        return (known, told);
    }

    private static ImportedLineView? Unfit(PriceLine line, GpuModel? model) =>
        model switch
        {
            null => Refused(0, "gpu_model", $"{MaxProposedModels} models wait for an administrator already. Import again later."),
            { Status: "proposed" } => new ImportedLineView
            {
                Line = 0,
                Status = "model-proposed",
                GpuModel = line.ModelId,
                Message =
                    "The catalogue does not have the model yet. Import again once an administrator of the platform has made it active.",
            },
            { Status: not "active" } => Refused(0, "gpu_model", $"The model {line.ModelId} is retired."),
            { MemoryGib: var memory } when memory != line.GpuMemoryGib => Refused(
                0,
                "gpu_memory_gib",
                $"The model {line.ModelId} has {memory} GiB."
            ),
            _ => null,
        };

    /// <summary>The models that lines of the caller name. Those that nobody knows are proposed.</summary>
    private static async Task<Dictionary<string, GpuModel>> ModelsAsync(
        HttpContext http,
        GpuGrantsContext db,
        List<PriceLine> lines,
        ILookup<string, Guid> providers
    )
    {
        var named = lines.Where(line => providers.Contains(Folded(line.Provider))).DistinctBy(line => line.ModelId).ToList();
        var ids = named.Select(line => line.ModelId).ToList();
        var found = await db.Set<GpuModel>().AsNoTracking().Where(row => ids.Contains(row.Id)).ToListAsync(http.RequestAborted);
        var unknown = named.Where(line => found.TrueForAll(row => row.Id != line.ModelId)).ToList();
        if (unknown.Count == 0)
            return found.ToDictionary(row => row.Id);
        var waiting = await db.Set<GpuModel>().CountAsync(row => row.Status == "proposed", http.RequestAborted);
        var proposed = unknown.Take(Math.Max(0, MaxProposedModels - waiting)).ToList();
        if (proposed.Count > 0)
            await http
                .RequestServices.GetRequiredService<DecisionPipeline>()
                .ExecuteAsync(Proposing(http.Actor(), proposed), CancellationToken.None);
        var made = proposed.Select(line => line.ModelId).ToList();
        found.AddRange(await db.Set<GpuModel>().AsNoTracking().Where(row => made.Contains(row.Id)).ToListAsync(http.RequestAborted));
        return found.ToDictionary(row => row.Id);
    }

    private static Change<int> Proposing(Actor actor, IReadOnlyList<PriceLine> lines) =>
        new()
        {
            // No decision reads a model without offers, so the platform's configuration stays as it is, and nobody waits.
            Tree = TreeId.Platform,
            Actor = actor,
            Planning = batch =>
            {
                foreach (var line in lines)
                    batch.Rows<GpuModel>().Want(RowKey.Of(line.ModelId));
            },
            Deciding = batch =>
            {
                var at = batch.Tree(TreeId.Platform).At;
                foreach (var line in lines.Where(line => batch.Rows<GpuModel>().Find(RowKey.Of(line.ModelId)) is null))
                {
                    var row = new GpuModel
                    {
                        Id = line.ModelId,
                        Name = line.ModelName,
                        GpuClass = "unknown",
                        MemoryGib = line.GpuMemoryGib,
                        Vendor = "Unknown",
                        Status = "proposed",
                        Version = 1,
                        CreatedAt = at,
                        UpdatedAt = at,
                    };
                    batch.Rows<GpuModel>().Insert(row);
                    batch.RecordEvent(TreeId.Platform, actor, OfferEvents.GpuModelCreated, new GpuModelData(row.Id, row.Status));
                }

                return lines.Count;
            },
        };

    /// <summary>As names of providers are compared.</summary>
    private static string Folded(string name) =>
        string.Join(
            ' ',
            name.Normalize(NormalizationForm.FormKC).ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        );

    /// <summary>A price for another model never goes to this offer.</summary>
    private static ImportedLineView OtherModel(int number, OfferRow offer) =>
        Refused(
            number,
            "gpu_model",
            $"An offer of {offer.GpuModelId} came of this instance type and region before. End it, or give the line another instance type."
        ) with
        {
            OfferId = offer.Id,
        };

    private static ImportedLineView Refused(int number, string? column, string message) =>
        new()
        {
            Line = number,
            Status = "refused",
            Column = column,
            Message = message,
        };
}
