using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>
/// What an offer with dated tranches can still promise from a moment on, beside all that it promised before. The rule is that one schedule
/// serves everybody within their dates and within the tranches' GPUs.
/// </summary>
/// <remarks>
/// Daily buckets answer quickly and err to refusal. Where they refuse and few promises are open, the exact rule decides. A promise that was
/// not used in time may no longer be served in full. Then a new one gets only what takes nothing more from those before it.
/// </remarks>
public sealed class PromisePlan
{
    /// <summary>Up to this size the exact rule decides; it takes a few milliseconds then.</summary>
    private const long MaxExact = 20_000;

    private readonly IReadOnlyList<Tranche> _tranches;
    private readonly List<GpuPromise> _promises;
    private readonly DailyBuckets _buckets;
    private readonly long _at;
    private bool _fits = true;

    /// <param name="tranches">What there is. Those that passed bring nothing.</param>
    /// <param name="promises">What was promised, oldest first.</param>
    /// <param name="at">The moment from which the plan runs.</param>
    public PromisePlan(IReadOnlyList<Tranche> tranches, IEnumerable<GpuPromise> promises, DateTimeOffset at)
    {
        _tranches = tranches;
        _promises = [.. promises];
        _at = Seconds.Ceiling(at);
        _buckets = new DailyBuckets(tranches, _at);
        // Whoever ends first has the fewest places to choose from.
        foreach (var promise in _promises.OrderBy(one => one.EndsAt).ThenBy(one => one.Id))
            Take(promise);
    }

    /// <summary>What was promised so far.</summary>
    public IReadOnlyList<GpuPromise> Promises => _promises;

    /// <summary>The most GPU time, up to what it asks for, that one more promise can get.</summary>
    /// <param name="asked">The promise. Nothing is taken.</param>
    /// <returns>Whole seconds, rounded down.</returns>
    public GpuTime MostFor(in GpuPromise asked)
    {
        var owed = asked.OwedFrom(_at);
        var most = _fits ? Math.Min(owed, _buckets.FreeFor(asked)) : 0;
        if (most < owed && IsSmall(_promises.Count + 1))
            most = Shares(_tranches, [.. _promises, asked], _at)[^1];
        return InFull(asked, most);
    }

    /// <summary>
    /// The most GPU time for an ask that takes the place of an earlier promise: a review that ends, or a quote that is used. It keeps that
    /// promise's place before younger ones, and takes from nobody what they would get beside it.
    /// </summary>
    /// <param name="earlier">The promise that it replaces.</param>
    /// <param name="asked">What would be promised now.</param>
    /// <returns>Whole seconds, rounded down.</returns>
    public GpuTime MostInsteadOf(Guid earlier, in GpuPromise asked)
    {
        List<GpuPromise> others = [.. _promises.Where(one => one.Id != earlier)];
        var plan = new PromisePlan(_tranches, others, Start);
        var most = plan.MostFor(asked);
        if (most >= asked.Time || others.Count == _promises.Count || !IsSmall(_promises.Count))
            return most;
        var shares = Shares(_tranches, _promises, _at);
        var flow = new PromiseFlow(_tranches, [.. others, asked], _at);
        var (at, placed) = (0, 0);
        foreach (var one in _promises)
        {
            var share = shares[at++];
            if (one.Id != earlier)
                flow.Place(placed++, share);
        }

        return plan.InFull(asked, flow.Place(placed));
    }

    /// <summary>The most GPUs, up to what it asks for, that can be reserved from start to end.</summary>
    /// <param name="asked">What would be reserved.</param>
    /// <param name="earlier">The promise that it would replace; null for none.</param>
    /// <returns>0 when not one can.</returns>
    public int MostGpusFor(GpuPromise asked, Guid? earlier = null)
    {
        var (some, most) = (0, asked.Gpus);
        while (some < most)
        {
            var tried = most - ((most - some) / 2);
            var one = asked with { Gpus = tried, IsReserved = true };
            one = one with { Time = one.Usable() };
            var free = earlier is { } own ? MostInsteadOf(own, one) : MostFor(one);
            (some, most) = free == one.Time ? (tried, most) : (some, tried - 1);
        }

        return some;
    }

    /// <summary>Takes one more promise into the plan.</summary>
    /// <param name="promise">The youngest.</param>
    public void Add(in GpuPromise promise)
    {
        _promises.Add(promise);
        Take(promise);
    }

    /// <summary>What would lack if the tranches were others. Older promises are served first.</summary>
    /// <param name="tranches">The tranches as they would be.</param>
    /// <returns>Who would get less than today, and how much less, oldest first.</returns>
    public IReadOnlyList<(GpuPromise Promise, GpuTime Lacks)> AtRisk(IReadOnlyList<Tranche> tranches)
    {
        var (now, then) = (Served(_tranches), Served(tranches));
        return
        [
            .. _promises
                .Select((promise, i) => (promise, Lacks: GpuTime.FromSeconds(Math.Max(0, now[i] - then[i]))))
                .Where(one => !one.Lacks.IsZero),
        ];
    }

    /// <summary>What of the capacity account passed undelivered: no tranche brings it any more.</summary>
    /// <param name="available">What the account can still promise.</param>
    /// <returns>GPU time to give back to supply. The day that runs still counts whole, so that little moves at once.</returns>
    public GpuTime Undelivered(GpuTime available)
    {
        var day = DateTimeOffset.FromUnixTimeSeconds(_at - (_at % DailyBuckets.Day));
        var left = _tranches.Sum(tranche => tranche.TimeFrom(day).Seconds) - _promises.Sum(promise => promise.OwedFrom(_at));
        return GpuTime.FromSeconds(Math.Max(0, available.Seconds - Math.Max(0, left)));
    }

    /// <summary>A span that begins within a second has its last part of a second from nobody.</summary>
    private GpuTime InFull(in GpuPromise asked, long seconds) =>
        seconds == asked.OwedFrom(_at) && asked.Time <= asked.Usable() ? asked.Time : GpuTime.FromSeconds(seconds);

    private DateTimeOffset Start => DateTimeOffset.FromUnixTimeSeconds(_at);

    private void Take(in GpuPromise promise) => _fits &= _buckets.Place(promise) == promise.OwedFrom(_at);

    private bool IsSmall(int promises) => PromiseFlow.SizeOf(_tranches.Count, promises) <= MaxExact;

    private long[] Served(IReadOnlyList<Tranche> tranches)
    {
        if (IsSmall(_promises.Count))
            return Shares(tranches, _promises, _at);
        var buckets = new DailyBuckets(tranches, _at);
        return [.. _promises.Select(promise => buckets.Place(promise))];
    }

    private static long[] Shares(IReadOnlyList<Tranche> tranches, IReadOnlyList<GpuPromise> promises, long at)
    {
        var flow = new PromiseFlow(tranches, promises, at);
        return [.. promises.Select((_, i) => flow.Place(i))];
    }
}
