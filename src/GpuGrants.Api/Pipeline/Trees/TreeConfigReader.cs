using System.Collections.Frozen;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Trees;
using GpuGrants.Units;
using GpuGrants.Usage;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>Reads a tree's configuration inside the deciding transaction.</summary>
public static class TreeConfigReader
{
    private static readonly RowMap<Programme> Programmes = RowMap.Of<Programme>();
    private static readonly RowMap<OfferRow> Offers = RowMap.Of<OfferRow>();
    private static readonly RowMap<GpuModel> Models = RowMap.Of<GpuModel>();
    private static readonly RowReader<Provider> Providers = RowMap.Of<Provider>().Part(row => row.Status);

    private static readonly RowReader<Freeze> Freezes = RowMap
        .Of<Freeze>()
        .Part(row => new
        {
            row.Id,
            row.Scope,
            row.ResourceId,
            row.SuspendsGrants,
        });

    private static readonly string FreezesSql = $"select {Freezes.Columns("f")} from freezes f where f.lifted_at is null";

    private static readonly RowReader<TermsRow> TermsToAccept = RowMap.Of<TermsRow>().Part(row => new { row.Id, row.ProgrammeId });

    private static readonly string TermsToAcceptSql =
        $"select {TermsToAccept.Columns("t")} from terms t where t.ended_at is null order by t.id";

    private static readonly RowReader<PartnerTrust> Trusts = RowMap.Of<PartnerTrust>().Part(row => row.PartnerId);

    private static readonly string TrustsSql =
        $"select {Trusts.Columns("t")} from partner_trusts t where t.programme_id = $1 and t.status = '{PartnerTrust.Active}'";

    private static readonly string ProgrammesSql = $"select {Programmes.Columns("p")} from programmes p where p.root_programme_id = $1";

    private static readonly string OffersSql = $"""
        select {Offers.Columns("o")}, {Models.Columns("m")}, {Providers.Columns("p")}, r.froms, r.rates, d.numbers, d.gpus, d.starts, d.ends
        from offers o
        join gpu_models m on m.id = o.gpu_model_id
        join providers p on p.id = o.provider_id
        cross join lateral (
            select array_agg(effective_from order by effective_from) as froms, array_agg(millicredits_per_gpu_hour
                order by effective_from) as rates
            from offer_rates where root_programme_id = o.root_programme_id and offer_id = o.id) r
        left join lateral (
            select array_agg(number order by number) as numbers, array_agg(gpus order by number) as gpus,
                array_agg(starts_at order by number) as starts, array_agg(ends_at order by number) as ends
            from offer_tranches
            where root_programme_id = o.root_programme_id and offer_id = o.id and status = '{TrancheStatus.Open}') d on o.tranches > 0
        where o.root_programme_id = $1 and o.status in ('open', 'paused')
        order by o.id
        """;

    public static async Task<TreeConfig> ReadAsync(
        NpgsqlConnection connection,
        TreeId tree,
        long version,
        long platformVersion,
        DateTimeOffset at
    )
    {
        var frozen = await ReadFreezesAsync(connection);
        var freezes = frozen.Select(one => (one.Scope, one.ResourceId)).ToHashSet();
        var programmes = WithTermsToAccept(await ReadProgrammesAsync(connection, tree, freezes), await ReadTermsToAcceptAsync(connection));
        programmes = Trusting(tree, programmes, await ReadTrustsAsync(connection, tree));
        return new TreeConfig
        {
            Version = version,
            PlatformConfigVersion = platformVersion,
            Programmes = programmes,
            Offers = await ReadOffersAsync(connection, tree, freezes),
            Returns = ReturnAccount.All(tree, programmes),
            SuspendingFreezes =
            [
                .. frozen.Where(one => one.SuspendsGrants).Select(one => new SuspendingFreeze(one.Id, one.Scope, one.ResourceId)),
            ],
            Quotas = await QuotaConfigReader.ReadAsync(connection, tree, programmes, at),
        };
    }

    /// <summary>The terms to accept that are in force, with the programme of each; null stands for the platform.</summary>
    private static async Task<List<TermsRow>> ReadTermsToAcceptAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(TermsToAcceptSql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        return await TermsToAccept.ListAsync(reader);
    }

    private static FrozenDictionary<Guid, ProgrammeConfig> WithTermsToAccept(
        FrozenDictionary<Guid, ProgrammeConfig> programmes,
        List<TermsRow> terms
    ) =>
        terms.Count == 0
            ? programmes
            : programmes.Values.ToFrozenDictionary(
                row => row.Id,
                row =>
                    row with
                    {
                        TermsToAccept =
                        [
                            .. terms
                                .Where(one => one.ProgrammeId is not { } programme || row.Path.Contains(programme))
                                .Select(one => one.Id),
                        ],
                    }
            );

    /// <summary>The partners whose word for people the tree takes.</summary>
    private static async Task<List<Guid>> ReadTrustsAsync(NpgsqlConnection connection, TreeId tree)
    {
        await using var command = new NpgsqlCommand(TrustsSql, connection) { Parameters = { new() { Value = tree.Value } } };
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ListAsync(row => Trusts.Read(row).PartnerId);
    }

    private static FrozenDictionary<Guid, ProgrammeConfig> Trusting(
        TreeId tree,
        FrozenDictionary<Guid, ProgrammeConfig> programmes,
        IReadOnlyCollection<Guid> partners
    ) =>
        partners.Count == 0
            ? programmes
            : programmes.Values.ToFrozenDictionary(
                row => row.Id,
                row => row with { Terms = row.Terms with { RootProgrammeId = tree.Value, TrustedPartners = partners } }
            );

    /// <summary>What is frozen now.</summary>
    private static async Task<List<Freeze>> ReadFreezesAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(FreezesSql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        return await Freezes.ListAsync(reader);
    }

    private static async Task<FrozenDictionary<Guid, ProgrammeConfig>> ReadProgrammesAsync(
        NpgsqlConnection connection,
        TreeId tree,
        HashSet<(string Scope, Guid? Id)> freezes
    )
    {
        await using var command = new NpgsqlCommand(ProgrammesSql, connection) { Parameters = { new() { Value = tree.Value } } };
        await using var reader = await command.ExecuteReaderAsync();
        var rows = await reader.ListAsync(row => ConfigOf(Programmes.Read(row), freezes));
        var own = rows.ToDictionary(row => row.Id);
        return rows.Select(row => Narrowed(row, [.. row.Path.Select(id => own[id])])).ToFrozenDictionary(row => row.Id);
    }

    /// <summary>The programme with its terms as those above it narrow them.</summary>
    private static ProgrammeConfig Narrowed(ProgrammeConfig row, IReadOnlyList<ProgrammeConfig> path) =>
        row with
        {
            Terms = NarrowedTerms.Along(path.Select(one => one.Terms)),
            ReviewHold = path.Min(one => one.ReviewHold),
            Uncharged = UnchargedPolicy.Along(path.Select(one => one.StatedUncharged)),
        };

    private static ProgrammeConfig ConfigOf(Programme row, HashSet<(string Scope, Guid? Id)> freezes) =>
        new(row.Id, row.Name, TermsOf(row, freezes), row.Path, row.BudgetProgrammeId, TimeSpan.FromHours(row.ReviewHoldHours), row.TimeZone)
        {
            HasEnded = row.Status == "ended",
            Matching = Words.Parse<MatchingPolicy>(row.Matching),
            StatedUncharged = row.StatedUncharged(),
        };

    private static ProgrammeTerms TermsOf(Programme row, HashSet<(string Scope, Guid? Id)> freezes) =>
        row.ToTerms() with
        {
            IsFrozen = freezes.Contains((Freeze.Platform, null)) || freezes.Contains((Freeze.Programme, row.Id)),
        };

    private static async Task<List<Offer>> ReadOffersAsync(
        NpgsqlConnection connection,
        TreeId tree,
        HashSet<(string Scope, Guid? Id)> freezes
    )
    {
        await using var command = new NpgsqlCommand(OffersSql, connection) { Parameters = { new() { Value = tree.Value } } };
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ListAsync(row => OfferOf(row, freezes));
    }

    private static Offer OfferOf(NpgsqlDataReader reader, HashSet<(string Scope, Guid? Id)> freezes)
    {
        var (offer, model) = (Offers.Read(reader), Models.Read(reader, Offers.Width));
        var provider = Providers.Read(reader, Offers.Width + Models.Width);
        var rates = Offers.Width + Models.Width + Providers.Width;
        return new Offer
        {
            Id = offer.Id,
            ProgrammeId = offer.ProgrammeId,
            ProviderId = offer.ProviderId,
            GpuModelId = offer.GpuModelId,
            GpuClass = model.GpuClass,
            GpuMemoryGib = model.MemoryGib,
            Region = offer.Region,
            MinSize = GpuTime.FromSeconds(offer.MinGpuSeconds),
            MaxSize = offer.MaxGpuSeconds is { } max ? GpuTime.FromSeconds(max) : null,
            MaxGpus = offer.MaxGpus,
            SettlementSeconds = offer.SettlementSeconds,
            ProviderApproves = offer.ProviderApproves,
            StartsAt = offer.StartsAt,
            EndsAt = offer.EndsAt,
            IsOpen =
                offer.Status == OfferStatus.Open
                && offer.CapacitySeconds > 0
                && provider.Status == "active"
                && !freezes.Contains((Freeze.Provider, offer.ProviderId)),
            Kinds = offer.EligibleKinds,
            Countries = offer.EligibleCountries,
            Capacity = GpuTime.FromSeconds(offer.CapacitySeconds - offer.PassedSeconds),
            CapacityAccountId = offer.CapacityAccountId,
            Rates = reader.IsDBNull(rates)
                ? []
                : Rates(reader.GetFieldValue<DateTimeOffset[]>(rates), reader.GetFieldValue<long[]>(rates + 1)),
            IsDated = offer.Tranches > 0,
            Tranches = reader.IsDBNull(rates + 2) ? [] : Tranches(reader, rates + 2),
        };
    }

    private static Tranche[] Tranches(NpgsqlDataReader reader, int from)
    {
        var (numbers, gpus) = (reader.GetFieldValue<int[]>(from), reader.GetFieldValue<int[]>(from + 1));
        var (starts, ends) = (reader.GetFieldValue<DateTimeOffset[]>(from + 2), reader.GetFieldValue<DateTimeOffset[]>(from + 3));
        return [.. numbers.Select((number, i) => new Tranche(number, gpus[i], starts[i], ends[i]))];
    }

    private static DatedRate[] Rates(DateTimeOffset[] froms, long[] rates) =>
        [.. froms.Zip(rates, (from, rate) => new DatedRate(from, Rate.FromMillicredits(rate)))];
}
