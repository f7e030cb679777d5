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
    private readonly long _at;
    private readonly bool _isExact;
    private List<GpuPromise> _whole = [];
    private DailyBuckets _buckets;
    private bool _fits;

    /// <param name="tranches">What there is. Those that passed bring nothing.</param>
    /// <param name="promises">What was promised, oldest first.</param>
    /// <param name="at">The moment from which the plan runs.</param>
    /// <param name="isExact">
    /// Whether the exact rule may decide where daily buckets refuse. Without it an answer is quick, and errs to less.
    /// </param>
    public PromisePlan(IReadOnlyList<Tranche> tranches, IEnumerable<GpuPromise> promises, DateTimeOffset at, bool isExact = true)
    {
        _isExact = isExact;
        _tranches = tranches;
        _promises = [.. promises];
        _at = Seconds.Ceiling(at);
        _buckets = Fill();
    }

    /// <summary>What was promised so far.</summary>
    public IReadOnlyList<GpuPromise> Promises => _promises;

    /// <summary>The most GPU time, up to what it asks for, that one more promise can get.</summary>
    /// <param name="asked">The promise, or more time for one. Nothing is taken.</param>
    /// <returns>Whole seconds, rounded down.</returns>
    public GpuTime MostFor(in GpuPromise asked) =>
        asked.Joins is null ? Got(asked, GpuTime.Zero, Place(null, _promises, asked)) : MostInsteadOf(null, asked);

    /// <summary>
    /// The most GPU time for an ask that takes the place of an earlier promise: a review that ends, a quote that is used, or a grant that
    /// gets other dates or GPUs. It keeps that promise's place before younger ones, and takes from nobody what they would get beside it.
    /// </summary>
    /// <param name="earlier">The promise that it replaces; null for none.</param>
    /// <param name="asked">What would be promised now. With the same id it keeps what was added to the earlier one.</param>
    /// <returns>Whole seconds, rounded down.</returns>
    public GpuTime MostInsteadOf(Guid? earlier, in GpuPromise asked)
    {
        List<GpuPromise> others = [.. _promises.Where(one => one.Id != earlier)];
        if (asked.Joins is { } grant && others.FindIndex(one => one.Id == grant && one.Joins is null) >= 0)
            return MostMore(earlier, asked, Whole(GpuPromise.Joined(others), grant));
        var id = asked.Id;
        var added = GpuTime.FromSeconds(others.Sum(one => one.Joins == id ? one.Time.Seconds : 0));
        return Got(asked, added, Place(earlier, others, asked.With(added)));
    }

    /// <summary>
    /// What an ask gets of a place. A span that begins within a second has its last part of a second from nobody, and time that could have
    /// been used before now needs no place.
    /// </summary>
    private GpuTime Got(in GpuPromise asked, GpuTime added, long placed)
    {
        var whole = asked.With(added);
        return placed == whole.OwedFrom(_at) && whole.Time <= whole.UsableAround(Start)
            ? asked.Time
            : GpuTime.FromSeconds(Math.Clamp(placed - added.Seconds, 0, asked.Time.Seconds));
    }

    /// <summary>What no schedule serves of a grant that gets fewer GPUs or an earlier end.</summary>
    /// <param name="grant">The grant as it would be. With the same id it keeps what was added to it.</param>
    /// <returns>Zero when it fits.</returns>
    public GpuTime LacksInsteadOf(in GpuPromise grant)
    {
        var id = grant.Id;
        List<GpuPromise> others = [.. _promises.Where(one => one.Id != id)];
        var whole = grant.With(GpuTime.FromSeconds(others.Sum(one => one.Joins == id ? one.Time.Seconds : 0)));
        return GpuTime.FromSeconds(whole.OwedFrom(_at) - Place(id, others, whole));
    }

    /// <summary>
    /// What stays with a grant of time that comes back to it, because a correction says that it was not used: what a schedule serves that
    /// takes from no other. What its GPUs cannot use any more until its end takes from nobody, so it stays.
    /// </summary>
    /// <param name="id">The grant. One that is promised nothing keeps all.</param>
    /// <param name="back">What comes back.</param>
    /// <returns>Whole seconds, rounded down.</returns>
    public GpuTime KeptOf(Guid id, GpuTime back)
    {
        if (_whole.FindIndex(one => one.Id == id) is not (>= 0 and var at))
            return back;
        var (before, after) = (_whole[at], _whole[at].With(back));
        var owed = after.OwedFrom(_at);
        if (owed == before.OwedFrom(_at))
            return back;
        var placed = Place(id, [.. _promises.Where(one => one.Id != id)], after);
        return placed == owed ? back : GpuTime.FromSeconds(Math.Clamp(placed - before.Time.Seconds, 0, back.Seconds));
    }

    /// <summary>
    /// The same for many grants at once, each beside what the ones before it keep. Where all find their place, which is usual, one look
    /// decides.
    /// </summary>
    /// <param name="backs">Grants, each once, with what comes back to them.</param>
    /// <returns>What stays with each, in the same order.</returns>
    public IReadOnlyList<GpuTime> KeptOfAll(IReadOnlyList<(Guid Id, GpuTime Back)> backs)
    {
        if (backs.Count > 1 && With(backs)._fits)
            return [.. backs.Select(one => one.Back)];
        var (plan, kept) = (this, new List<GpuTime>(backs.Count));
        foreach (var (id, back) in backs)
        {
            kept.Add(plan.KeptOf(id, back));
            if (kept.Count < backs.Count && !kept[^1].IsZero)
                plan = plan.With([(id, kept[^1])]);
        }

        return kept;
    }

    /// <summary>The plan in which grants have more time. Those that are promised nothing stay so.</summary>
    private PromisePlan With(IReadOnlyList<(Guid Id, GpuTime More)> grants)
    {
        var more = grants.ToDictionary(one => one.Id, one => one.More);
        return new PromisePlan(
            _tranches,
            _promises.Select(one => one.Joins is null && more.TryGetValue(one.Id, out var time) ? one.With(time) : one),
            Start,
            _isExact
        );
    }

    /// <summary>The most that can be added to a grant within its GPUs and dates.</summary>
    private GpuTime MostMore(Guid? earlier, in GpuPromise asked, in GpuPromise grant)
    {
        var (grown, id) = (grant.With(asked.Time), grant.Id);
        List<GpuPromise> others = [.. _promises.Where(one => one.Id != earlier && one.Id != id && one.Joins != id)];
        var most = Place(id, others, grown);
        return most == grown.OwedFrom(_at) && grown.Time <= grown.UsableFrom(Start)
            ? asked.Time
            : GpuTime.FromSeconds(Math.Clamp(most - grant.OwedFrom(_at), 0, asked.Time.Seconds));
    }

    /// <summary>The most of a promise that a schedule serves which takes from no other what it would get.</summary>
    /// <param name="earlier">The one whose place it takes; null for none.</param>
    /// <param name="others">All that stay.</param>
    /// <param name="asked">The promise, with all that was added to it.</param>
    /// <returns>GPU-seconds.</returns>
    private long Place(Guid? earlier, List<GpuPromise> others, in GpuPromise asked)
    {
        var owed = asked.OwedFrom(_at);
        var (isSame, id) = (others.Count == _promises.Count, asked.Id);
        var plan = isSame ? this : new PromisePlan(_tranches, others.Where(one => one.Joins != id), Start, _isExact);
        var most = plan._fits ? Math.Min(owed, plan._buckets.FreeFor(asked)) : 0;
        if (most >= owed || !IsSmall(plan._whole.Count + 1))
            return most;
        most = Math.Max(most, Shares(_tranches, [.. plan._whole, asked], _at)[^1]);
        return most >= owed || isSame || !IsSmall(_whole.Count + 1)
            ? most
            : Math.Max(most, PlaceBeforeYounger(earlier, plan._whole, asked));
    }

    /// <summary>
    /// Others keep what is owed to them even if they used all that they could, and what they would get beside the earlier promise.
    /// The asked one may take the rest. So one that waited past its start never takes hours that another was promised from the beginning.
    /// </summary>
    private long PlaceBeforeYounger(Guid? earlier, List<GpuPromise> others, in GpuPromise asked)
    {
        var shares = Shares(_tranches, _whole, _at);
        var flow = new PromiseFlow(_tranches, [.. others, asked], _at);
        var least = new long[others.Count];
        for (var one = 0; one < others.Count; one++)
            least[one] = flow.Place(one, others[one].LeastFrom(_at));
        for (var one = 0; one < others.Count; one++)
        {
            var id = others[one].Id;
            var before = _whole.FindIndex(each => each.Id == id);
            if (id != earlier && before >= 0 && shares[before] > least[one])
                flow.Place(one, shares[before] - least[one]);
        }

        return flow.Place(others.Count);
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
            (some, most) = MostInsteadOf(earlier, one) == one.Time ? (tried, most) : (some, tried - 1);
        }

        return some;
    }

    /// <summary>Takes one more promise into the plan.</summary>
    /// <param name="promise">The youngest.</param>
    public void Add(in GpuPromise promise)
    {
        _promises.Add(promise);
        if (promise.Joins is not null)
        {
            _buckets = Fill();
            return;
        }

        _whole.Add(promise);
        Take(_buckets, promise);
    }

    /// <summary>
    /// What would lack if the tranches were others. Older promises are served first. Where many promises are open, daily buckets answer:
    /// whoever finds no place in them is at risk, so they err to refusal here too.
    /// </summary>
    /// <param name="tranches">The tranches as they would be.</param>
    /// <returns>Who would get less than today, and how much less, oldest first.</returns>
    public IReadOnlyList<(GpuPromise Promise, GpuTime Lacks)> AtRisk(IReadOnlyList<Tranche> tranches)
    {
        var isExact = IsSmall(_whole.Count);
        var now = isExact ? Shares(_tranches, _whole, _at) : [.. _whole.Select(promise => promise.OwedFrom(_at))];
        var then = isExact ? Shares(tranches, _whole, _at) : Bucketed(tranches);
        return
        [
            .. _whole
                .Select((promise, i) => (promise, Lacks: GpuTime.FromSeconds(Math.Max(0, now[i] - then[i]))))
                .Where(one => !one.Lacks.IsZero),
        ];
    }

    /// <summary>
    /// What of the capacity account passed undelivered: no tranche brings it any more. What may have been used and was not reported yet
    /// was perhaps delivered, so it stays until it is known.
    /// </summary>
    /// <param name="available">What the account can still promise.</param>
    /// <returns>GPU time to give back to supply. The day that runs still counts whole, so that little moves at once.</returns>
    public GpuTime Undelivered(GpuTime available)
    {
        var day = DateTimeOffset.FromUnixTimeSeconds(_at - (_at % DailyBuckets.Day));
        var left = _tranches.Sum(tranche => tranche.TimeFrom(day).Seconds) - _whole.Sum(promise => promise.LeastFrom(_at));
        return GpuTime.FromSeconds(Math.Max(0, available.Seconds - Math.Max(0, left)));
    }

    private DateTimeOffset Start => DateTimeOffset.FromUnixTimeSeconds(_at);

    private static GpuPromise Whole(List<GpuPromise> promises, Guid id) => promises.Find(one => one.Id == id);

    private DailyBuckets Fill()
    {
        var buckets = new DailyBuckets(_tranches, _at);
        (_whole, _fits) = (GpuPromise.Joined(_promises), true);
        // Whoever ends first has the fewest places to choose from.
        foreach (var promise in _whole.OrderBy(one => one.EndsAt).ThenBy(one => one.Id))
            Take(buckets, promise);
        return buckets;
    }

    private void Take(DailyBuckets buckets, in GpuPromise promise) => _fits &= buckets.Place(promise) == promise.OwedFrom(_at);

    private bool IsSmall(int promises) => _isExact && PromiseFlow.SizeOf(_tranches.Count, promises) <= MaxExact;

    /// <summary>What each finds in daily buckets, in the order in which it would be placed.</summary>
    private long[] Bucketed(IReadOnlyList<Tranche> tranches)
    {
        var buckets = new DailyBuckets(tranches, _at);
        var placed = new long[_whole.Count];
        foreach (var (i, promise) in _whole.Index().OrderBy(one => one.Item.EndsAt).ThenBy(one => one.Item.Id))
            placed[i] = buckets.Place(promise);
        return placed;
    }

    private static long[] Shares(IReadOnlyList<Tranche> tranches, IReadOnlyList<GpuPromise> promises, long at)
    {
        var flow = new PromiseFlow(tranches, promises, at);
        return [.. promises.Select((_, i) => flow.Place(i))];
    }
}
