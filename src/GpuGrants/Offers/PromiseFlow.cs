namespace GpuGrants.Offers;

/// <summary>
/// The exact rule: the most GPU time of promises that one schedule can serve from a moment on. Time is cut wherever GPUs or claims change.
/// Within a cut a promise gets at most its GPUs for the cut's length, and all together get at most the tranches' GPUs. A maximum flow from
/// promises through cuts finds the schedule.
/// </summary>
/// <remarks>
/// Any amounts within these bounds can be scheduled on whole GPUs: fill one GPU after the other for the length of the cut.
/// </remarks>
internal sealed class PromiseFlow
{
    private readonly GpuPromise[] _promises;
    private readonly long[] _edges;
    private readonly long[] _free;
    private readonly long[,] _room;
    private readonly long[,] _flow;
    private readonly long _at;

    /// <param name="tranches">What there is.</param>
    /// <param name="promises">All that <see cref="Place"/> will be asked for.</param>
    /// <param name="at">The moment from which the schedule runs, in whole seconds.</param>
    public PromiseFlow(IReadOnlyList<Tranche> tranches, IReadOnlyList<GpuPromise> promises, long at)
    {
        _promises = [.. promises];
        _at = at;
        _edges = EdgesOf(tranches, promises, at);
        var cuts = Math.Max(0, _edges.Length - 1);
        _free = new long[cuts];
        _room = new long[_promises.Length, cuts];
        _flow = new long[_promises.Length, cuts];
        for (var cut = 0; cut < cuts; cut++)
        {
            var length = _edges[cut + 1] - _edges[cut];
            foreach (var tranche in tranches)
                if (Seconds.Floor(tranche.StartsAt) <= _edges[cut] && _edges[cut + 1] <= Seconds.Floor(tranche.EndsAt))
                    _free[cut] += tranche.Gpus * length;
            for (var one = 0; one < _promises.Length; one++)
                if (Seconds.Ceiling(_promises[one].StartsAt) <= _edges[cut] && _edges[cut + 1] <= Seconds.Floor(_promises[one].EndsAt))
                    _room[one, cut] = _promises[one].Gpus * length;
        }
    }

    /// <summary>Promises times cuts: what the work grows with.</summary>
    /// <returns>A bound that is quick to find.</returns>
    public static long SizeOf(int tranches, int promises) => (long)promises * ((2L * tranches) + (2L * promises));

    /// <summary>Serves a promise as far as that takes nothing from those placed before. They may get other hours than before.</summary>
    /// <param name="index">Which promise.</param>
    /// <param name="most">No more than this, even if more is owed.</param>
    /// <returns>GPU-seconds that it gets.</returns>
    public long Place(int index, long most = long.MaxValue)
    {
        var owed = Math.Min(most, _promises[index].OwedFrom(_at));
        var placed = 0L;
        while (placed < owed && Augment(index, owed - placed) is > 0 and var more)
            placed += more;
        return placed;
    }

    private static long[] EdgesOf(IReadOnlyList<Tranche> tranches, IReadOnlyList<GpuPromise> promises, long at)
    {
        var edges = new SortedSet<long> { at };
        foreach (var tranche in tranches)
        {
            edges.Add(Math.Max(at, Seconds.Floor(tranche.StartsAt)));
            edges.Add(Math.Max(at, Seconds.Floor(tranche.EndsAt)));
        }

        foreach (var promise in promises)
        {
            edges.Add(Math.Max(at, Seconds.Ceiling(promise.StartsAt)));
            edges.Add(Math.Max(at, Seconds.Floor(promise.EndsAt)));
        }

        return [.. edges];
    }

    /// <summary>
    /// The shortest way from a promise to a cut with free time. On the way, other promises give their place in one cut for room in another.
    /// </summary>
    private long Augment(int from, long most)
    {
        var viaPromise = new int[_free.Length];
        var viaCut = new int[_promises.Length];
        Array.Fill(viaPromise, -1);
        Array.Fill(viaCut, -1);
        var queue = new Queue<int>([from]);
        var seen = new bool[_promises.Length];
        seen[from] = true;
        while (queue.TryDequeue(out var promise))
            for (var cut = 0; cut < _free.Length; cut++)
            {
                if (viaPromise[cut] >= 0 || _flow[promise, cut] >= _room[promise, cut])
                    continue;
                viaPromise[cut] = promise;
                if (_free[cut] > 0)
                    return Push(from, cut, viaPromise, viaCut, most);
                for (var other = 0; other < _promises.Length; other++)
                    if (!seen[other] && _flow[other, cut] > 0)
                    {
                        (seen[other], viaCut[other]) = (true, cut);
                        queue.Enqueue(other);
                    }
            }

        return 0;
    }

    private long Push(int from, int last, int[] viaPromise, int[] viaCut, long most)
    {
        var amount = Math.Min(most, _free[last]);
        for (var cut = last; ; cut = viaCut[viaPromise[cut]])
        {
            var promise = viaPromise[cut];
            amount = Math.Min(amount, _room[promise, cut] - _flow[promise, cut]);
            if (promise == from)
                break;
            amount = Math.Min(amount, _flow[promise, viaCut[promise]]);
        }

        _free[last] -= amount;
        for (var cut = last; ; cut = viaCut[viaPromise[cut]])
        {
            var promise = viaPromise[cut];
            _flow[promise, cut] += amount;
            if (promise == from)
                return amount;
            _flow[promise, viaCut[promise]] -= amount;
        }
    }
}
