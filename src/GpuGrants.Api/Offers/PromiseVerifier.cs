using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Units;
using Npgsql;

namespace GpuGrants.Api.Offers;

/// <summary>Recomputes for each offer with dated tranches whether one schedule serves all that it promised.</summary>
public static class PromiseVerifier
{
    private const int OffersAtOnce = 100;

    // What was promised by the latest business time of the tree; nothing has happened since.
    private static readonly string Sql = $"""
        select o.root_programme_id, o.id, p.last_at, array_agg(t.number order by t.number), array_agg(t.gpus order by t.number),
            array_agg(t.starts_at order by t.number), array_agg(t.ends_at order by t.number)
        from offers o
        join programme_trees p on p.root_programme_id = o.root_programme_id
        join offer_tranches t on t.root_programme_id = o.root_programme_id and t.offer_id = o.id and t.status = '{TrancheStatus.Open}'
        where o.tranches > 0
        group by o.root_programme_id, o.id, p.last_at
        order by o.id
        """;

    private sealed record DatedOffer(Guid Root, Guid Id, DateTimeOffset At, Tranche[] Tranches);

    /// <summary>Verifies the offers of all trees.</summary>
    /// <returns>One finding per offer that promised more than its tranches have, and what was looked at.</returns>
    public static async Task<PromiseReport> VerifyAsync(NpgsqlConnection connection, CancellationToken cancellation = default)
    {
        var findings = new List<Finding>();
        var (offers, unproved) = (await OffersAsync(connection, cancellation), 0);
        foreach (var some in offers.Chunk(OffersAtOnce))
        {
            var rows = await PromiseReader.ReadAsync(connection, [.. some.Select(one => (one.Root, one.Id))], cancellation);
            var promises = rows.ToLookup(row => row.PromisedOfferId);
            foreach (var offer in some)
                if (PromiseAudit.Lacking(offer.Tranches, InOrder(promises[offer.Id]), offer.At) is not { } lacking)
                    unproved++;
                else if (lacking.Count > 0)
                    findings.Add(new Finding(FindingCodes.OverPromised, Sentence(offer, lacking), offer.Root));
        }

        return new PromiseReport(offers.Count, unproved, findings);
    }

    private static async Task<List<DatedOffer>> OffersAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Sql, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ListAsync(OfferOf, cancellation);
    }

    private static DatedOffer OfferOf(NpgsqlDataReader row)
    {
        var (gpus, starts) = (row.GetFieldValue<int[]>(4), row.GetFieldValue<DateTimeOffset[]>(5));
        var ends = row.GetFieldValue<DateTimeOffset[]>(6);
        return new DatedOffer(
            row.GetGuid(0),
            row.GetGuid(1),
            row.GetFieldValue<DateTimeOffset>(2),
            [.. row.GetFieldValue<int[]>(3).Select((number, i) => new Tranche(number, gpus[i], starts[i], ends[i]))]
        );
    }

    private static IEnumerable<GpuPromise> InOrder(IEnumerable<IPromisesGpus> rows)
    {
        foreach (var row in rows.OrderBy(one => one.Id))
            if (row.ToPromise() is { } promise)
                yield return promise;
    }

    private static string Sentence(DatedOffer offer, IReadOnlyList<(GpuPromise Promise, GpuTime Lacks)> lacking) =>
        $"Offer {offer.Id} promised more than its tranches have: no schedule serves {lacking.Count} of its promises. "
        + $"{lacking[0].Promise.Id} lacks {lacking[0].Lacks}.";
}

/// <summary>What was found of promises.</summary>
/// <param name="Offers">Offers with dated tranches that were looked at.</param>
/// <param name="Unproved">Those for which buckets found no place for all, and which have too many promises for the exact rule.</param>
/// <param name="Findings">One per offer that promised too much.</param>
public sealed record PromiseReport(int Offers, int Unproved, IReadOnlyList<Finding> Findings);
