using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Tests.Lives;

/// <summary>
/// An offer with dated tranches that lives at random in the rules alone: grants, quotes, every act that moves their hours in time, late
/// reports, withdrawals, and time that passes at any second. It keeps what rows keep, and does what the guard allows.
/// </summary>
internal sealed class LivedMarket(Random random)
{
    private const int Hour = 3_600;
    private const int MostOpen = 8;

    private static readonly DateTimeOffset Start = new(2027, 3, 1, 21, 0, 0, TimeSpan.Zero);

    private readonly List<Tranche> _tranches = [];
    private readonly List<LivedPromise> _open = [];
    private int _made;

    public IReadOnlyList<Tranche> Tranches => _tranches;

    /// <summary>Grants and open quotes, oldest first. A grant keeps the place of the quote that it used.</summary>
    public IReadOnlyList<LivedPromise> Open => _open;

    public DateTimeOffset Now { get; private set; } = Start;

    /// <summary>What was done so far, for whoever has to find out why a check failed.</summary>
    public List<string> Story { get; } = [];

    private PromisePlan Plan => new(_tranches, _open.Select(one => one.Promise), Now);

    /// <summary>Does something, or lets time pass.</summary>
    /// <returns>The act; null where nothing was there to do it to, or time passed.</returns>
    public Act? Step() =>
        random.Next(24) switch
        {
            <= 3 => Ask(),
            4 => Reserve(),
            <= 6 => Quote(),
            <= 8 => Use(),
            9 => TopUp(),
            10 => Extend(),
            11 => StartEarly(),
            <= 13 => Shrink(),
            14 => End(),
            <= 16 => Report(),
            17 => Correct(),
            18 => Supply(),
            19 => Withdraw(),
            _ => Pass(),
        };

    private Act? Ask()
    {
        if (_open.Count == MostOpen)
            return null;
        var asked = Pooled();
        return Try($"ask {Words(asked)}", Plan.MostFor(asked) == asked.Time, () => _open.Add(new LivedPromise(asked)));
    }

    private Act? Reserve()
    {
        if (_open.Count == MostOpen)
            return null;
        var asked = Whole(Pooled());
        return Try($"reserve {Words(asked)}", Plan.MostGpusFor(asked) == asked.Gpus, () => _open.Add(new LivedPromise(asked)));
    }

    /// <summary>A quote has to pass whenever it is used, and pins what is left when it is used last.</summary>
    private Act? Quote()
    {
        if (_open.Count == MostOpen)
            return null;
        var (early, expires) = (Pooled(), Now.AddSeconds(random.Next(60, 5 * Hour)));
        var late = early with { StartsAt = early.StartsAt > expires ? early.StartsAt : expires };
        if (late.StartsAt >= late.EndsAt)
            return null;
        // Reserved GPUs come whole, so they start once the quote can be used no more.
        if (random.Next(3) == 0)
            (early, late) = (Whole(late), Whole(late));
        else if (early.Time.Seconds > UsableIn(late))
            return null;
        var isDone = early.IsReserved
            ? Plan.MostGpusFor(early) == early.Gpus
            : Plan.MostFor(late) == late.Time && Plan.MostFor(early) == early.Time;
        return Try(
            $"quote {Words(late)} until {At(expires)}",
            isDone,
            () => _open.Add(new LivedPromise(late) { Earliest = early.StartsAt, QuotedUntil = expires })
        );
    }

    private Act? Use()
    {
        if (Any(one => one.IsQuote) is not { } quote)
            return null;
        var start = quote.Earliest > Now ? quote.Earliest : Now;
        var asked = quote.Promise with { Id = NewId(), StartsAt = quote.Promise.IsReserved ? quote.Promise.StartsAt : start };
        var isDone = asked.IsReserved
            ? Plan.MostGpusFor(asked, quote.Promise.Id) == asked.Gpus
            : Plan.MostInsteadOf(quote.Promise.Id, asked) == asked.Time;
        return Try($"use the quote {Words(quote.Promise)}", isDone, () => _open[_open.IndexOf(quote)] = new LivedPromise(asked));
    }

    private Act? TopUp()
    {
        if (Any(one => one is { IsQuote: false, Promise.IsReserved: false }) is not { } grant)
            return null;
        var more = GpuTime.FromSeconds(random.Next(1, 5 * Hour));
        var grown = grant.Promise with { Time = grant.Promise.Time + more };
        var asked = grant.Promise with { Id = NewId(), Time = more, Used = GpuTime.Zero, Joins = grant.Promise.Id };
        return Try(
            $"top up by {more.Seconds} s {Words(grant.Promise)}",
            Plan.MostFor(asked) == more,
            () => grant.Promise = grown,
            // More than its GPUs can use until its end is never added.
            isExact: grown.Time.Seconds <= UsableIn(grown)
        );
    }

    private Act? Extend()
    {
        if (Any(one => !one.IsQuote) is not { } grant)
            return null;
        var promise = grant.Promise with { EndsAt = grant.Promise.EndsAt.AddSeconds(random.Next(1, 10 * Hour)) };
        var what = $"extend to {At(promise.EndsAt)} {Words(grant.Promise)}";
        if (!promise.IsReserved)
            return Try(what, Plan.MostInsteadOf(promise.Id, promise) == promise.Time, () => grant.Promise = promise);
        var more = Whole(promise with { Id = NewId(), StartsAt = grant.Promise.EndsAt });
        return Try(what, Plan.MostGpusFor(more) == more.Gpus, () => grant.Promise = Whole(promise));
    }

    private Act? StartEarly()
    {
        if (Any(one => !one.IsQuote && one.Promise.StartsAt > Now) is not { } grant)
            return null;
        var promise = grant.Promise with { StartsAt = Now, EndsAt = Now + (grant.Promise.EndsAt - grant.Promise.StartsAt) };
        return Try(
            $"start early {Words(grant.Promise)}",
            promise.IsReserved
                ? Plan.MostGpusFor(promise, promise.Id) == promise.Gpus
                : Plan.MostInsteadOf(promise.Id, promise) == promise.Time,
            () => grant.Promise = promise
        );
    }

    /// <summary>Fewer GPUs from now on, or an earlier end. What cannot be used any more goes back.</summary>
    private Act? Shrink()
    {
        if (Any(one => one is { IsQuote: false, Promise.IsReserved: false }) is not { } grant)
            return null;
        var before = grant.Promise;
        var (runs, end) = (before.StartsAt <= Now, before.EndsAt.AddSeconds(-random.Next(0, 10 * Hour)));
        if (end <= Now || end <= before.StartsAt)
            return null;
        var most = Math.Max(before.MostGpus, before.Gpus);
        var after = before with { Gpus = random.Next(1, before.Gpus + 1), EndsAt = end, MostGpus = runs ? most : 0 };
        var could = (runs ? most * SecondsTo(before.StartsAt, Now) : 0) + UsableIn(after) - before.Used.Seconds;
        after = after with { Time = GpuTime.FromSeconds(Math.Clamp(could, 0, before.Time.Seconds)) };
        return Try($"shrink {Words(before)} to {Words(after)}", Plan.LacksInsteadOf(after).IsZero, () => grant.Promise = after);
    }

    private Act? End()
    {
        if (Any(one => !one.IsQuote) is not { } grant)
            return null;
        return Try($"end {Words(grant.Promise)}", isDone: true, () => _open.Remove(grant));
    }

    private Act? Report()
    {
        if (Any(one => one is { IsQuote: false, Promise.IsReserved: false } && one.Promise.StartsAt < Now) is not { } grant)
            return null;
        var promise = grant.Promise;
        var possible = (Math.Max(promise.Gpus, promise.MostGpus) * SecondsTo(promise.StartsAt, Now)) - promise.Used.Seconds;
        var most = Math.Min(promise.Time.Seconds, possible);
        if (most <= 0)
            return null;
        var used = GpuTime.FromSeconds(1 + random.NextInt64(most));
        return Try(
            $"{used.Seconds} s were used of {Words(promise)}",
            isDone: true,
            () => grant.Promise = promise with { Time = promise.Time - used, Used = promise.Used + used }
        );
    }

    /// <summary>Some of what was reported was not used. As much of it stays as the guard says.</summary>
    private Act? Correct()
    {
        if (Any(one => one is { IsQuote: false, Promise.Used.IsZero: false }) is not { } grant)
            return null;
        var promise = grant.Promise;
        var back = GpuTime.FromSeconds(1 + random.NextInt64(promise.Used.Seconds));
        var kept = Plan.KeptOf(promise.Id, back);
        return Try(
            $"{back.Seconds} s were not used of {Words(promise)}, which keeps {kept.Seconds} s of them",
            isDone: true,
            () => grant.Promise = promise with { Time = promise.Time + kept, Used = promise.Used - back }
        );
    }

    private Act? Supply()
    {
        if (_tranches.Count == 4)
            return null;
        var from = Tranche.NextHour(Now).AddHours(random.Next(0, 20));
        var made = new Tranche(_tranches.Count + 1, random.Next(1, 4), from, from.AddHours(random.Next(1, 30)));
        return Try($"tranche of {made.Gpus} GPUs from {At(made.StartsAt)} to {At(made.EndsAt)}", isDone: true, () => _tranches.Add(made));
    }

    private Act? Withdraw()
    {
        if (_tranches.Count == 0)
            return null;
        var at = random.Next(_tranches.Count);
        if (_tranches[at].Gpus == 0)
            return null;
        var less = _tranches[at] with { Gpus = random.Next(0, _tranches[at].Gpus) };
        var after = _tranches.Select((one, i) => i == at ? less : one).ToArray();
        return Try($"withdraw tranche {less.Number} to {less.Gpus} GPUs", Plan.AtRisk(after).Count == 0, () => _tranches[at] = less);
    }

    private Act? Pass()
    {
        Now = Now.AddSeconds(random.Next(1, 6 * Hour));
        _open.RemoveAll(one => one.Promise.EndsAt <= Now || one.QuotedUntil <= Now);
        Story.Add($"{At(Now)}: time has passed");
        return null;
    }

    /// <summary>Notes what would lack if the act were done, and does it where the guard allows it.</summary>
    /// <param name="what">The act in words.</param>
    /// <param name="isDone">What the guard says.</param>
    /// <param name="act">Changes grants, quotes or tranches.</param>
    /// <param name="isExact">Whether the guard refuses only what no schedule serves.</param>
    private Act Try(string what, bool isDone, Action act, bool isExact = true)
    {
        Story.Add($"{At(Now)}: {what}: {(isDone ? "yes" : "no")}");
        var (open, promises, tranches) = (_open.ToList(), _open.ConvertAll(one => one.Promise), _tranches.ToList());
        var before = Lacks.Of(this);
        act();
        var tried = new Act(isDone, isExact, before, Lacks.Of(this));
        if (isDone)
            return tried;
        _open.Clear();
        _tranches.Clear();
        _open.AddRange(open);
        _tranches.AddRange(tranches);
        foreach (var (one, promise) in open.Zip(promises))
            one.Promise = promise;
        return tried;
    }

    private GpuPromise Pooled()
    {
        var start = random.Next(2) == 0 ? Now : Now.AddSeconds(random.Next(1, 20 * Hour));
        var (gpus, length) = (random.Next(1, 3), random.Next(Hour, 20 * Hour));
        var time = GpuTime.FromSeconds(1 + random.NextInt64((long)gpus * length));
        return new GpuPromise(NewId(), gpus, start, start.AddSeconds(length), time);
    }

    private static GpuPromise Whole(GpuPromise ask) =>
        ask with
        {
            IsReserved = true,
            Time = GpuTime.FromSeconds(ask.Gpus * SecondsTo(ask.StartsAt, ask.EndsAt)),
        };

    private long UsableIn(GpuPromise promise) =>
        promise.Gpus * Math.Max(0, SecondsTo(promise.StartsAt > Now ? promise.StartsAt : Now, promise.EndsAt));

    private Guid NewId() => new(++_made, 0, 0, new byte[8]);

    private LivedPromise? Any(Func<LivedPromise, bool> fits) =>
        _open.Where(fits).ToList() is { Count: > 0 } some ? some[random.Next(some.Count)] : null;

    private static long SecondsTo(DateTimeOffset from, DateTimeOffset to) => (long)(to - from).TotalSeconds;

    private static string Words(GpuPromise one) => $"{one.Time.Seconds} s on {one.Gpus} from {At(one.StartsAt)} to {At(one.EndsAt)}";

    private static long At(DateTimeOffset at) => SecondsTo(Start, at);
}

/// <summary>What was tried.</summary>
/// <param name="IsDone">Whether the guard allowed it.</param>
/// <param name="IsExact">Whether the guard refuses only what no schedule serves.</param>
/// <param name="Before">GPU-seconds that no schedule gave before.</param>
/// <param name="After">The same with the act done, whatever the guard said.</param>
internal sealed record Act(bool IsDone, bool IsExact, long Before, long After);

/// <summary>A grant or an open quote.</summary>
/// <param name="promise">As the guard sees it.</param>
internal sealed class LivedPromise(GpuPromise promise)
{
    public GpuPromise Promise { get; set; } = promise;

    /// <summary>The first possible start of what a quote gives.</summary>
    public DateTimeOffset Earliest { get; init; }

    /// <summary>When the quote expires; null for a grant.</summary>
    public DateTimeOffset? QuotedUntil { get; init; }

    public bool IsQuote => QuotedUntil is not null;
}

/// <summary>
/// What no schedule can give, by Hall's condition: of every set of holders, what they want is compared with all that the tranches can give
/// to any of them. It knows no schedule, no order, no bucket and no flow.
/// </summary>
internal static class Lacks
{
    /// <summary>GPU-seconds that lack at the least, of what holders could still use from now on.</summary>
    public static long Of(LivedMarket market)
    {
        var now = Seconds(market.Now);
        var spans = market.Open.Select(one =>
            (one.Promise, From: Math.Max(now, Seconds(one.Promise.StartsAt)), To: Seconds(one.Promise.EndsAt))
        );
        var open = spans.Where(one => one.From < one.To).ToList();
        var wants = open.ConvertAll(one =>
            one.Promise.IsReserved
                ? one.Promise.Gpus * (one.To - one.From)
                : Math.Min(one.Promise.Time.Seconds, one.Promise.Gpus * (one.To - one.From))
        );
        long[] edges =
        [
            .. open.SelectMany(one => new[] { one.From, one.To })
                .Concat(market.Tranches.SelectMany(one => new[] { Seconds(one.StartsAt), Seconds(one.EndsAt) }))
                .Append(now)
                .Where(edge => edge >= now)
                .Distinct()
                .Order(),
        ];
        var pieces = edges.Zip(edges.Skip(1)).ToList();
        var gives = pieces.ConvertAll(piece =>
            market
                .Tranches.Where(one => Seconds(one.StartsAt) <= piece.First && piece.Second <= Seconds(one.EndsAt))
                .Sum(one => (long)one.Gpus)
        );
        var most = 0L;
        for (var set = 1; set < 1 << open.Count; set++)
        {
            var lacks = 0L;
            for (var i = 0; i < open.Count; i++)
                lacks += Has(set, i) ? wants[i] : 0;
            foreach (var ((from, to), gpus) in pieces.Zip(gives))
            {
                var takes = open.Where((one, i) => Has(set, i) && one.From <= from && to <= one.To).Sum(one => (long)one.Promise.Gpus);
                lacks -= (to - from) * Math.Min(gpus, takes);
            }

            most = Math.Max(most, lacks);
        }

        return most;
    }

    private static bool Has(int set, int one) => (set & (1 << one)) != 0;

    private static long Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds();
}
