using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>
/// Recomputes whether an offer with dated tranches promised more than it has. A promise is only made where one schedule serves it beside
/// all others. So at any later moment one schedule serves what nobody can have used yet.
/// </summary>
public static class PromiseAudit
{
    /// <summary>The most cells of promises and cuts of time for which the exact rule runs; it takes some seconds then.</summary>
    private const long MaxExact = 4_000_000;

    /// <summary>Looks for promises that no schedule serves.</summary>
    /// <param name="tranches">What there is.</param>
    /// <param name="promises">What was promised, oldest first.</param>
    /// <param name="at">The moment.</param>
    /// <returns>Who lacks how much, oldest first; empty when nothing is wrong. Null when there are too many to tell.</returns>
    public static IReadOnlyList<(GpuPromise Promise, GpuTime Lacks)>? Lacking(
        IReadOnlyList<Tranche> tranches,
        IEnumerable<GpuPromise> promises,
        DateTimeOffset at
    )
    {
        var from = Seconds.Ceiling(at);
        var least = GpuPromise.Joined([.. promises.Select(one => one with { Time = GpuTime.FromSeconds(one.LeastFrom(from)) })]);
        var buckets = new DailyBuckets(tranches, from);
        if (least.OrderBy(one => one.EndsAt).All(promise => buckets.Place(promise) == promise.OwedFrom(from)))
            return [];
        if (PromiseFlow.SizeOf(tranches.Count, least.Count) > MaxExact)
            return null;
        var flow = new PromiseFlow(tranches, least, from);
        return
        [
            .. least
                .Select((promise, i) => (promise, Lacks: GpuTime.FromSeconds(promise.OwedFrom(from) - flow.Place(i))))
                .Where(one => !one.Lacks.IsZero),
        ];
    }
}
