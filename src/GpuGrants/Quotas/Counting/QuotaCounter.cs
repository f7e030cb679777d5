namespace GpuGrants.Quotas.Counting;

/// <summary>
/// What was counted for one subject, by bucket of time. It keeps only what a question about now or later can need, at most
/// <see cref="QuotaWindow.MaxBuckets"/> + 2 buckets.
/// </summary>
/// <remarks>
/// Not thread-safe. Times of facts do not decrease; a fact that counts in a window which is over for every later question is ignored.
/// </remarks>
public sealed class QuotaCounter
{
    // Ascending and contiguous, which saves cache misses when a decision reads counters not used for a while.
    private QuotaBucket[] _buckets;
    private int _count;
    private long _firstMs;

    public QuotaCounter()
        : this([], [], [], []) { }

    /// <summary>A counter as it was stored.</summary>
    public QuotaCounter(IReadOnlyList<long> starts, IReadOnlyList<long> used, IReadOnlyList<long> held, IReadOnlyList<long> carried)
    {
        if (starts.Count != used.Count || starts.Count != held.Count)
            throw new ArgumentException("A counter's columns differ in length.", nameof(starts));
        _count = starts.Count;
        _buckets = _count == 0 ? [] : new QuotaBucket[_count];
        for (var i = 0; i < _count; i++)
            _buckets[i] = new QuotaBucket(starts[i], used[i], held[i]);
        _firstMs = carried.Count == 0 ? CounterReading.Never : carried[0];
    }

    private QuotaCounter(QuotaCounter other)
    {
        _count = other._count;
        _buckets = other.Buckets.ToArray();
        _firstMs = other._firstMs;
    }

    /// <summary>Beginnings of the buckets in milliseconds since 1970 UTC, ascending.</summary>
    public IReadOnlyList<long> Starts => Column(bucket => bucket.StartMs);

    public IReadOnlyList<long> Used => Column(bucket => bucket.Used);

    public IReadOnlyList<long> Held => Column(bucket => bucket.Held);

    /// <summary>What carry-over needs: the instant from which the subject is counted, or nothing.</summary>
    public IReadOnlyList<long> Carried => _firstMs == CounterReading.Never ? [] : [_firstMs];

    private ReadOnlySpan<QuotaBucket> Buckets => _buckets.AsSpan(0, _count);

    public QuotaCounter Copy() => new(this);

    /// <summary>Counts a fact whose context the signature covers. True when the counter changed.</summary>
    public bool Apply(RuleSignature signature, QuotaFact fact)
    {
        var (used, held) = MeasureRules.Change(signature.Measure, signature.Refund, fact);
        if (used == 0 && held == 0)
            return false;
        var now = fact.At.ToUnixTimeMilliseconds();
        var countsAt = fact.CountsAt.ToUnixTimeMilliseconds();
        Prune(signature, now);
        if (signature.Window.CarryOver is not null)
            CountFrom(signature.Calendar!.At(countsAt).StartMs);
        if (BucketOf(signature, countsAt, now, mayOpen: used > 0 || held > 0) is not { } start)
            return true;
        Add(start, used, held);
        return true;
    }

    /// <summary>What counts now, and how much earlier windows left when the limit is <paramref name="limit"/>.</summary>
    public CounterReading Read(RuleSignature signature, DateTimeOffset now, long limit) =>
        Read(signature, now.ToUnixTimeMilliseconds(), limit);

    internal CounterReading Read(RuleSignature signature, long nowMs, long limit)
    {
        switch (signature.Window.Kind)
        {
            case WindowKind.Rolling:
                return ReadRolling(signature, nowMs);
            case WindowKind.Calendar:
                var span = signature.Calendar!.At(nowMs);
                var carried = signature.Window.CarryOver is { } rule ? CarriedInto(signature, rule, span.StartMs, limit) : 0;
                var (used, held) = Sum(span.StartMs, span.EndMs);
                return new CounterReading(used, held, carried, span.StartMs, span.EndMs);
            case WindowKind.FirstUse:
                return ReadFirstUse(signature, nowMs);
            default:
                return _count == 0
                    ? CounterReading.None
                    : new CounterReading(_buckets[0].Used, _buckets[0].Held, 0, CounterReading.Never, CounterReading.Never);
        }
    }

    private CounterReading ReadRolling(RuleSignature signature, long nowMs)
    {
        long used = 0,
            held = 0;
        var oldestTaken = CounterReading.Never;
        var oldest = nowMs - signature.DurationMs - signature.ResolutionMs;
        var buckets = Buckets;
        for (var i = buckets.Length - 1; i >= 0 && buckets[i].StartMs > oldest; i--)
        {
            used += buckets[i].Used;
            held += buckets[i].Held;
            if ((buckets[i].Used | buckets[i].Held) != 0)
                oldestTaken = buckets[i].StartMs;
        }

        var resetsAt = oldestTaken == CounterReading.Never ? oldestTaken : oldestTaken + signature.ResolutionMs + signature.DurationMs;
        return new CounterReading(used, held, 0, nowMs - signature.DurationMs, resetsAt);
    }

    private CounterReading ReadFirstUse(RuleSignature signature, long nowMs)
    {
        foreach (ref readonly var bucket in Buckets)
        {
            var end = bucket.StartMs + signature.DurationMs;
            if (bucket.StartMs <= nowMs && nowMs < end)
                return new CounterReading(bucket.Used, bucket.Held, 0, bucket.StartMs, end);
        }

        return CounterReading.None;
    }

    private long CarriedInto(RuleSignature signature, CarryOver rule, long windowStart, long limit)
    {
        if (_firstMs == CounterReading.Never)
            return 0;
        var windows = new List<(long Start, long End)>(CarryOver.MaxWindows);
        for (var start = windowStart; start > _firstMs && windows.Count < CarryOver.MaxWindows; )
        {
            var before = signature.Calendar!.At(start - 1);
            windows.Add((before.StartMs, before.EndMs));
            start = before.StartMs;
        }

        long carried = 0;
        for (var i = windows.Count - 1; i >= 0; i--)
        {
            var (start, end) = windows[i];
            var (used, held) = Sum(start, end);
            var balance = limit + carried - used - held;
            carried = Math.Min(rule.Max, Math.Max(rule.Min, balance));
        }

        return carried;
    }

    /// <summary>
    /// What is counted in buckets from the one instant to before the other. Questions are about the latest buckets, so it begins at the
    /// end.
    /// </summary>
    private (long Used, long Held) Sum(long from, long to)
    {
        long used = 0,
            held = 0;
        var buckets = Buckets;
        for (var i = buckets.Length - 1; i >= 0 && buckets[i].StartMs >= from; i--)
        {
            if (buckets[i].StartMs >= to)
                continue;
            used += buckets[i].Used;
            held += buckets[i].Held;
        }

        return (used, held);
    }

    /// <summary>The beginning of the bucket that counts the instant; null when no later question can ask for it.</summary>
    private long? BucketOf(RuleSignature signature, long countsAt, long now, bool mayOpen)
    {
        switch (signature.Window.Kind)
        {
            case WindowKind.Rolling:
                var start = countsAt - (countsAt % signature.ResolutionMs);
                return start <= now - signature.DurationMs - signature.ResolutionMs ? null : start;
            case WindowKind.Calendar:
                var bucket = signature.Calendar!.At(countsAt).StartMs;
                return bucket < OldestKept(signature, now) ? null : bucket;
            case WindowKind.FirstUse:
                foreach (ref readonly var known in Buckets)
                {
                    if (known.StartMs <= countsAt && countsAt < known.StartMs + signature.DurationMs)
                        return known.StartMs;
                }

                // A fact from before the end of the latest window, and in no known window, belongs to a window that nobody asks for any
                // more.
                return mayOpen && (_count == 0 || countsAt >= Buckets[^1].StartMs + signature.DurationMs) ? countsAt : null;
            default:
                return 0;
        }
    }

    private static long OldestKept(RuleSignature signature, long now)
    {
        var start = signature.Calendar!.At(now).StartMs;
        if (signature.Window.CarryOver is null)
            return start;
        for (var i = 0; i < CarryOver.MaxWindows; i++)
            start = signature.Calendar.At(start - 1).StartMs;
        return start;
    }

    private void Prune(RuleSignature signature, long now)
    {
        if (_count == 0 || signature.Window.Kind is WindowKind.Concurrent or WindowKind.Lifetime or WindowKind.PerRequest)
            return;
        var oldest = signature.Window.Kind switch
        {
            WindowKind.Rolling => now - signature.DurationMs - signature.ResolutionMs + 1,
            WindowKind.FirstUse => now - signature.DurationMs + 1,
            _ => OldestKept(signature, now),
        };

        // The latest first-use window is kept after its end: a late approval of a hold in it must not open another.
        var most = signature.Window.Kind == WindowKind.FirstUse ? _count - 1 : _count;
        var gone = 0;
        while (gone < most && _buckets[gone].StartMs < oldest)
            gone++;
        if (gone == 0)
            return;
        Array.Copy(_buckets, gone, _buckets, 0, _count - gone);
        _count -= gone;
    }

    private void CountFrom(long startMs)
    {
        if (_firstMs == CounterReading.Never || startMs < _firstMs)
            _firstMs = startMs;
    }

    private void Add(long start, long used, long held)
    {
        var at = _count;
        while (at > 0 && _buckets[at - 1].StartMs > start)
            at--;
        if (at == 0 || _buckets[at - 1].StartMs != start)
        {
            Open(at, start);
            at++;
        }

        // Never below zero: what is taken back may have been counted before this counter existed.
        ref var bucket = ref _buckets[at - 1];
        bucket = new QuotaBucket(start, Math.Max(0, bucket.Used + used), Math.Max(0, bucket.Held + held));
    }

    private void Open(int at, long start)
    {
        if (_count == _buckets.Length)
            Array.Resize(ref _buckets, Math.Max(1, _count * 2));
        Array.Copy(_buckets, at, _buckets, at + 1, _count - at);
        _buckets[at] = new QuotaBucket(start, 0, 0);
        _count++;
    }

    private long[] Column(Func<QuotaBucket, long> value)
    {
        var column = new long[_count];
        for (var i = 0; i < column.Length; i++)
            column[i] = value(_buckets[i]);
        return column;
    }
}
