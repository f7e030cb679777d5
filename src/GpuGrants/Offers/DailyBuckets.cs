namespace GpuGrants.Offers;

/// <summary>
/// The quick rule: the GPU time of each day that nobody was promised. It errs to refusal: what it places can be scheduled, and not
/// everything that can be scheduled finds a place.
/// </summary>
/// <remarks>
/// A bucket is a day of UTC, or the part of it in which the tranches' GPUs stay the same. A promise uses a bucket at one steady pace for as
/// long as it overlaps it, and takes that pace for the whole bucket. So at no instant are more GPUs in use than there are.
/// </remarks>
internal sealed class DailyBuckets
{
    /// <summary>Seconds of a day.</summary>
    public const long Day = 86_400;

    private readonly long[] _starts;
    private readonly long[] _lengths;
    private readonly long[] _left;
    private readonly long _at;

    /// <param name="tranches">What there is.</param>
    /// <param name="at">The moment from which the buckets run, in whole seconds.</param>
    public DailyBuckets(IReadOnlyList<Tranche> tranches, long at)
    {
        _at = at;
        var edges = EdgesOf(tranches, at);
        var cuts = Math.Max(0, edges.Length - 1);
        _starts = new long[cuts];
        _lengths = new long[cuts];
        _left = new long[cuts];
        for (var cut = 0; cut < cuts; cut++)
        {
            (_starts[cut], _lengths[cut]) = (edges[cut], edges[cut + 1] - edges[cut]);
            foreach (var tranche in tranches)
                if (Seconds.Floor(tranche.StartsAt) <= edges[cut] && edges[cut + 1] <= Seconds.Floor(tranche.EndsAt))
                    _left[cut] += tranche.Gpus * _lengths[cut];
        }
    }

    /// <summary>The most that a promise could get, up to what its GPUs can use.</summary>
    /// <param name="promise">Whose span and GPUs count. What it asks for does not.</param>
    /// <returns>GPU-seconds.</returns>
    public long FreeFor(in GpuPromise promise)
    {
        var free = 0L;
        var end = Seconds.Floor(promise.EndsAt);
        for (var cut = FirstOf(promise); cut < _left.Length && _starts[cut] < end; cut++)
            free += RoomIn(cut, promise, out _);
        return free;
    }

    /// <summary>Places a promise from its first bucket on.</summary>
    /// <param name="promise">The promise.</param>
    /// <returns>GPU-seconds that found a place.</returns>
    public long Place(in GpuPromise promise)
    {
        var owed = promise.OwedFrom(_at);
        var placed = 0L;
        var end = Seconds.Floor(promise.EndsAt);
        for (var cut = FirstOf(promise); cut < _left.Length && _starts[cut] < end && placed < owed; cut++)
        {
            var amount = Math.Min(owed - placed, RoomIn(cut, promise, out var overlap));
            if (amount == 0)
                continue;
            placed += amount;
            _left[cut] -= DivideUp(amount * _lengths[cut], overlap);
        }

        return placed;
    }

    /// <summary>The first bucket that a promise may overlap.</summary>
    private int FirstOf(in GpuPromise promise)
    {
        var found = Array.BinarySearch(_starts, Seconds.Ceiling(promise.StartsAt));
        return found >= 0 ? found : Math.Max(0, ~found - 1);
    }

    private long RoomIn(int cut, in GpuPromise promise, out long overlap)
    {
        var from = Math.Max(_starts[cut], Seconds.Ceiling(promise.StartsAt));
        var until = Math.Min(_starts[cut] + _lengths[cut], Seconds.Floor(promise.EndsAt));
        overlap = Math.Max(0, until - from);
        return overlap == 0 ? 0 : Math.Min(promise.Gpus * overlap, _left[cut] * overlap / _lengths[cut]);
    }

    private static long DivideUp(long value, long by) => (value + by - 1) / by;

    private static long[] EdgesOf(IReadOnlyList<Tranche> tranches, long at)
    {
        var edges = new SortedSet<long>();
        foreach (var tranche in tranches)
        {
            var (from, until) = (Math.Max(at, Seconds.Floor(tranche.StartsAt)), Seconds.Floor(tranche.EndsAt));
            if (from >= until)
                continue;
            edges.Add(from);
            edges.Add(until);
        }

        if (edges.Count == 0)
            return [];
        for (var midnight = ((edges.Min / Day) + 1) * Day; midnight < edges.Max; midnight += Day)
            edges.Add(midnight);
        return [.. edges];
    }
}
