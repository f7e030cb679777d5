using System.Collections.Frozen;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Trees;
using GpuGrants.Units;
using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>Reads a tree's configuration inside the deciding transaction.</summary>
public static class TreeConfigReader
{
    private const string ProgrammesSql = """
        select id, name, path, budget_programme_id, time_zone, starts_at, ends_at, eligible_kinds, eligible_countries,
            eligible_email_domains,
               requires_verification, review_hold_hours, max_grant_days, livemode, status
        from programmes where root_programme_id = $1
        """;

    private const string OffersSql = """
        select o.id, o.programme_id, o.provider_id, o.gpu_model_id, m.gpu_class, m.memory_gib, o.region, o.min_gpu_seconds,
            o.max_gpu_seconds,
               o.max_gpus, o.starts_at, o.ends_at, o.status = 'open' and p.status = 'active' and o.capacity_seconds > 0,
               o.capacity_account_id,
               r.froms, r.rates
        from offers o
        join gpu_models m on m.id = o.gpu_model_id
        join providers p on p.id = o.provider_id
        cross join lateral (
            select array_agg(effective_from order by effective_from) as froms, array_agg(millicredits_per_gpu_hour
                order by effective_from) as rates
            from offer_rates where root_programme_id = o.root_programme_id and offer_id = o.id) r
        where o.root_programme_id = $1 and o.status in ('open', 'paused')
        order by o.id
        """;

    public static async Task<TreeConfig> ReadAsync(
        NpgsqlConnection connection,
        TreeId tree,
        long version,
        long sharedVersion,
        DateTimeOffset at
    )
    {
        var programmes = await ReadProgrammesAsync(connection, tree);
        return new TreeConfig
        {
            Version = version,
            SharedVersion = sharedVersion,
            Programmes = programmes,
            Offers = await ReadOffersAsync(connection, tree),
            Quotas = await QuotaConfigReader.ReadAsync(connection, tree, programmes, at),
        };
    }

    private static async Task<FrozenDictionary<Guid, ProgrammeConfig>> ReadProgrammesAsync(NpgsqlConnection connection, TreeId tree)
    {
        await using var command = new NpgsqlCommand(ProgrammesSql, connection) { Parameters = { new() { Value = tree.Value } } };
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<ProgrammeConfig>();
        while (await reader.ReadAsync())
            rows.Add(Programme(reader));
        var own = rows.ToDictionary(row => row.Id);
        return rows.Select(row => Narrowed(row, [.. row.Path.Select(id => own[id])])).ToFrozenDictionary(row => row.Id);
    }

    /// <summary>The programme with its terms as those above it narrow them.</summary>
    private static ProgrammeConfig Narrowed(ProgrammeConfig row, IReadOnlyList<ProgrammeConfig> path) =>
        row with
        {
            Terms = NarrowedTerms.Along(path.Select(one => one.Terms)),
            ReviewHold = path.Min(one => one.ReviewHold),
        };

    private static ProgrammeConfig Programme(NpgsqlDataReader row)
    {
        var id = row.GetGuid(0);
        var terms = new ProgrammeTerms
        {
            ProgrammeId = id,
            IsActive = row.GetString(14) == "active",
            IsLive = row.GetBoolean(13),
            StartsAt = row.GetFieldValue<DateTimeOffset>(5),
            EndsAt = row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6),
            Kinds = row.GetFieldValue<string[]>(7),
            Countries = row.GetFieldValue<string[]>(8),
            EmailDomains = row.GetFieldValue<string[]>(9),
            RequiresVerification = row.GetBoolean(10),
            MaxGrantDuration = TimeSpan.FromDays(row.GetInt32(12)),
        };
        return new ProgrammeConfig(
            id,
            row.GetString(1),
            terms,
            row.GetFieldValue<Guid[]>(2),
            row.GetGuid(3),
            TimeSpan.FromHours(row.GetInt32(11)),
            row.GetString(4)
        );
    }

    private static async Task<List<Offer>> ReadOffersAsync(NpgsqlConnection connection, TreeId tree)
    {
        await using var command = new NpgsqlCommand(OffersSql, connection) { Parameters = { new() { Value = tree.Value } } };
        await using var reader = await command.ExecuteReaderAsync();
        var offers = new List<Offer>();
        while (await reader.ReadAsync())
            offers.Add(Offer(reader));
        return offers;
    }

    private static Offer Offer(NpgsqlDataReader row) =>
        new()
        {
            Id = row.GetGuid(0),
            ProgrammeId = row.GetGuid(1),
            ProviderId = row.GetGuid(2),
            GpuModelId = row.GetString(3),
            GpuClass = row.GetString(4),
            GpuMemoryGib = row.GetInt32(5),
            Region = row.GetString(6),
            MinSize = GpuTime.FromSeconds(row.GetInt64(7)),
            MaxSize = row.IsDBNull(8) ? null : GpuTime.FromSeconds(row.GetInt64(8)),
            MaxGpus = row.GetInt32(9),
            StartsAt = row.GetFieldValue<DateTimeOffset>(10),
            EndsAt = row.IsDBNull(11) ? null : row.GetFieldValue<DateTimeOffset>(11),
            IsOpen = row.GetBoolean(12),
            CapacityAccountId = row.GetGuid(13),
            Rates = row.IsDBNull(14) ? [] : Rates(row.GetFieldValue<DateTimeOffset[]>(14), row.GetFieldValue<long[]>(15)),
        };

    private static DatedRate[] Rates(DateTimeOffset[] froms, long[] rates) =>
        [.. froms.Zip(rates, (from, rate) => new DatedRate(from, Rate.FromMillicredits(rate)))];
}
