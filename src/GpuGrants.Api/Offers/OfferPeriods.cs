using System.Globalization;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace GpuGrants.Api.Offers;

/// <summary>A stretch of time for which offers are compared.</summary>
/// <param name="From">Its beginning, not before now.</param>
/// <param name="Until">Its end.</param>
internal sealed record OfferPeriod(DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>The period that a search names; null for none.</summary>
    /// <exception cref="ProblemException">Only one end is stated, or the period is empty or over.</exception>
    public static OfferPeriod? Of(HttpContext http, DateTimeOffset now)
    {
        var (from, until) = (http.MomentFilter("from")?.ToUniversalTime(), http.MomentFilter("until")?.ToUniversalTime());
        if (from is null && until is null)
            return null;
        if (from is not { } start)
            throw Problem.Malformed("from", "State the period's beginning with its end.");
        if (until is not { } end)
            throw Problem.Malformed("until", "State the period's end with its beginning.");
        if (end <= start)
            throw Problem.Malformed("until", "State an end after the beginning.");
        return end > now
            ? new OfferPeriod(start > now ? start : now, end)
            : throw Problem.Malformed("until", "State an end that lies ahead.");
    }
}

/// <summary>
/// What offers can still grant in a period. Of dated tranches it is what the guard over time would promise between the two moments, to one
/// grant or to many. Hours without dates may be used at any time, so all that are left count if the offer serves in the period.
/// </summary>
internal static class OfferPeriods
{
    /// <summary>The most offers that one search compares by a period.</summary>
    public const int MaxOffers = 500;

    /// <summary>
    /// Of more offers, daily buckets answer alone: the exact rule takes some milliseconds for each, and anybody may search.
    /// </summary>
    private const int MaxExact = 100;

    /// <summary>GPU-seconds by offer.</summary>
    /// <param name="db">For the tranches.</param>
    /// <param name="offers">The offers, with what is left of each.</param>
    /// <param name="period">The period.</param>
    /// <param name="now">The moment.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<Dictionary<Guid, long>> FreeAsync(
        GpuGrantsContext db,
        IReadOnlyList<FoundOffer> offers,
        OfferPeriod period,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        var dated = offers.Where(one => one.Row.Tranches > 0).Select(one => one.Row).ToList();
        var tranches = await TranchesAsync(db, dated, cancellation);
        var promises = await PromisesAsync(db, dated, now, cancellation);
        var isExact = dated.Count <= MaxExact;
        return offers.ToDictionary(
            one => one.Row.Id,
            one =>
                Math.Max(
                    0,
                    Within(one.Row, period) is { } span ? Free(one, span, tranches[one.Row.Id], promises[one.Row.Id], now, isExact) : 0
                )
        );
    }

    private static long Free(
        FoundOffer found,
        OfferPeriod span,
        IEnumerable<Tranche> tranches,
        IEnumerable<GpuPromise> promises,
        DateTimeOffset now,
        bool isExact
    )
    {
        if (found.Row.Tranches == 0)
            return found.Available;
        List<Tranche> there = [.. tranches];
        var gpus = there.Sum(one => one.Gpus);
        var most = Math.Min(GpuTime.MaxSeconds, gpus * (long)(span.Until - span.From).TotalSeconds);
        var all = new GpuPromise(Guid.Empty, gpus, span.From, span.Until, GpuTime.FromSeconds(most));
        return Math.Min(found.Available, new PromisePlan(there, promises, now, isExact).MostFor(all).Seconds);
    }

    /// <summary>The part of the period in which the offer serves; null for none.</summary>
    private static OfferPeriod? Within(OfferRow row, OfferPeriod period)
    {
        var from = row.StartsAt > period.From ? row.StartsAt : period.From;
        var until = row.EndsAt < period.Until ? row.EndsAt.Value : period.Until;
        return from < until ? new OfferPeriod(from, until) : null;
    }

    private static async Task<ILookup<Guid, Tranche>> TranchesAsync(
        GpuGrantsContext db,
        List<OfferRow> dated,
        CancellationToken cancellation
    )
    {
        Guid[] ids = [.. dated.Select(row => row.Id)];
        Guid[] roots = [.. dated.Select(row => row.RootProgrammeId).Distinct()];
        var rows = await db.Set<OfferTranche>()
            .AsNoTracking()
            .Where(row => roots.Contains(row.RootProgrammeId) && ids.Contains(row.OfferId) && row.Status == TrancheStatus.Open)
            .ToListAsync(cancellation);
        return rows.ToLookup(row => row.OfferId, row => row.ToTranche());
    }

    private static async Task<ILookup<Guid, GpuPromise>> PromisesAsync(
        GpuGrantsContext db,
        List<OfferRow> dated,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        if (dated.Count == 0)
            return Enumerable.Empty<GpuPromise>().ToLookup(_ => Guid.Empty);
        await db.Database.OpenConnectionAsync(cancellation);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var rows = await PromiseReader.ReadAsync(connection, [.. dated.Select(row => (row.RootProgrammeId, row.Id))], cancellation);
        await db.Database.CloseConnectionAsync();
        return rows.Where(row => row is not Quote quote || quote.ExpiresAt > now)
            .OrderBy(row => row.Id)
            .Where(row => row.ToPromise() is not null)
            .ToLookup(row => row.PromisedOfferId!.Value, row => row.ToPromise()!.Value);
    }

    /// <summary>More offers match than a search compares by a period.</summary>
    public static ProblemException TooMany() =>
        Problem.Malformed(
            "from",
            string.Create(
                CultureInfo.InvariantCulture,
                $"More than {MaxOffers} offers match. Name a GPU model, a region, a provider or a programme too."
            )
        );
}
