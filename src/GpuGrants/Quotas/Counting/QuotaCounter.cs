using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Counting;

/// <summary>
/// What was counted for one subject, by bucket of time. It keeps only what a question about now or later can need: at most
/// <see cref="RollingWindow.MaxBuckets"/> + 2 buckets, and one for each coming window in which a grant may be used.
/// </summary>
/// <remarks>
/// Not thread-safe. Times of facts do not decrease, whichever trees they come from: <see cref="Trees.BusinessTime"/> sees to that. A fact
/// that counts in a window which is over for every later question is ignored.
/// </remarks>
public sealed class QuotaCounter
{
    // Ascending and contiguous, which saves cache misses when a decision reads counters not used for a while.
    private QuotaBucket[] _buckets;
    private int _count;

    /// <summary>A counter that has counted nothing.</summary>
    public QuotaCounter()
        : this([], [], []) { }

    /// <summary>A counter as it was stored.</summary>
    public QuotaCounter(IReadOnlyList<long> starts, IReadOnlyList<long> used, IReadOnlyList<long> held)
    {
        if (starts.Count != used.Count || starts.Count != held.Count)
            throw new ArgumentException("A counter's columns differ in length.", nameof(starts));
        _count = starts.Count;
        _buckets = _count == 0 ? [] : new QuotaBucket[_count];
        for (var i = 0; i < _count; i++)
            _buckets[i] = new QuotaBucket(starts[i], used[i], held[i]);
    }

    /// <summary>A counter as it was unpacked: buckets in ascending order, which the counter owns from now on.</summary>
    internal QuotaCounter(QuotaBucket[] buckets)
    {
        _buckets = buckets;
        _count = buckets.Length;
    }

    private QuotaCounter(QuotaCounter other)
    {
        _count = other._count;
        _buckets = other.Buckets.ToArray();
    }

    /// <summary>Beginnings of the buckets in milliseconds since 1970 UTC, ascending.</summary>
    public IReadOnlyList<long> Starts => Column(bucket => bucket.StartMs);

    /// <summary>Counted for good in each bucket, in the measure's unit.</summary>
    public IReadOnlyList<long> Used => Column(bucket => bucket.Used);

    /// <summary>Kept in each bucket for requests under review, and under a limit on use for grants that may still use it.</summary>
    public IReadOnlyList<long> Held => Column(bucket => bucket.Held);

    internal ReadOnlySpan<QuotaBucket> Buckets => _buckets.AsSpan(0, _count);

    /// <summary>All but the one that counts in every window.</summary>
    internal ReadOnlySpan<QuotaBucket> Timed => _buckets.AsSpan(0, HasEveryWindow ? _count - 1 : _count);

    private bool HasEveryWindow => _count > 0 && _buckets[_count - 1].StartMs == QuotaBucket.EveryWindow;

    /// <summary>A counter that counts on by itself.</summary>
    public QuotaCounter Copy() => new(this);

    /// <summary>Counts a fact whose context the signature covers.</summary>
    /// <returns>False when the fact is none of the signature's. True also where it only ended old buckets.</returns>
    public bool Apply(RuleSignature signature, QuotaFact fact)
    {
        var (used, held) = signature.Measure.Change(fact, signature.Refund);
        if (used == 0 && held == 0 && !signature.Counts(fact))
            return false;
        var now = fact.At.ToUnixTimeMilliseconds();
        var clock = signature.Clock;
        Drop(clock.Outdated(Timed, now));
        var countsAt = fact.CountsAt.ToUnixTimeMilliseconds();
        if (!signature.Measure.CountsOutstanding)
            Count(clock, countsAt, now, used, held);
        else
        {
            if (used != 0)
                foreach (var (at, part) in clock.PartsOf(used, fact.UsedFrom?.ToUnixTimeMilliseconds() ?? countsAt, countsAt))
                    Count(clock, at, now, part, 0);
            HoldOutstanding(clock, fact.OutstandingBefore, fact.OutstandingAfter, now);
        }

        return true;
    }

    private void Count(WindowClock clock, long countsAt, long now, long used, long held)
    {
        if (clock.BucketOf(Timed, countsAt, now, mayOpen: used > 0 || held > 0) is { } start)
            Add(start, used, held);
    }

    /// <summary>Holds what is outstanding in each window in which it may be used.</summary>
    private void HoldOutstanding(WindowClock clock, in OutstandingTime before, in OutstandingTime after, long now)
    {
        if (before with { Seconds = after.Seconds } == after)
        {
            HoldOutstanding(clock, after, now, before.Seconds, after.Seconds);
            return;
        }

        HoldOutstanding(clock, before, now, before.Seconds, 0);
        HoldOutstanding(clock, after, now, 0, after.Seconds);
    }

    private void HoldOutstanding(WindowClock clock, in OutstandingTime life, long now, long before, long after)
    {
        if (before == after)
            return;
        if (clock.WindowsOf(life.FromMs, life.ToMs) is not { } windows)
        {
            var longest = clock.LongestMs;
            Add(
                QuotaBucket.EveryWindow,
                0,
                (life with { Seconds = after }).MostIn(longest) - (life with { Seconds = before }).MostIn(longest)
            );
            return;
        }

        foreach (var window in windows)
        {
            var change =
                (life with { Seconds = after }).MostWithin(window.StartMs, window.EndMs)
                - (life with { Seconds = before }).MostWithin(window.StartMs, window.EndMs);
            // A window that is over for every later question needs no place.
            if (change != 0 && clock.BucketOf(Timed, window.StartMs, now, mayOpen: true) is { } start)
                Add(start, 0, change);
        }
    }

    /// <summary>What counts now, without what earlier windows left.</summary>
    /// <param name="signature">What the counter counts.</param>
    /// <param name="now">The moment of the question.</param>
    /// <returns>Amounts in the measure's unit.</returns>
    public CounterReading Read(RuleSignature signature, DateTimeOffset now) => Read(signature, now.ToUnixTimeMilliseconds(), null);

    /// <param name="signature">What the counter counts.</param>
    /// <param name="nowMs">The moment of the question.</param>
    /// <param name="closed">By what earlier windows carry over; null when they do not.</param>
    internal CounterReading Read(RuleSignature signature, long nowMs, ClosingLimits? closed) =>
        WithEveryWindow(signature.Clock.Read(Timed, nowMs, closed));

    /// <summary>What counts in a window that is known in advance.</summary>
    internal CounterReading Read(CalendarSpan window) => WithEveryWindow(CycleClock.ReadWindow(Timed, window));

    /// <summary>The windows from an instant on in which something counts.</summary>
    internal IReadOnlyList<CalendarSpan> WindowsFrom(CycleClock clock, long fromMs)
    {
        var windows = new List<CalendarSpan>();
        foreach (ref readonly var bucket in Timed)
            if (bucket.StartMs >= fromMs)
                windows.Add(clock.WindowAt(bucket.StartMs));
        return windows;
    }

    private CounterReading WithEveryWindow(CounterReading reading) =>
        HasEveryWindow ? reading with { Held = reading.Held + _buckets[_count - 1].Held } : reading;

    /// <summary>What a subject's counter says of which nothing was counted yet.</summary>
    internal static CounterReading ReadEmpty(RuleSignature signature, long nowMs, ClosingLimits? closed) =>
        signature.Clock.Read([], nowMs, closed);

    /// <summary>Whether no question at the moment or later tells the two counters apart.</summary>
    public bool AnswersAs(QuotaCounter other, RuleSignature signature, DateTimeOffset at)
    {
        var now = at.ToUnixTimeMilliseconds();
        return Current(signature, now).SequenceEqual(other.Current(signature, now));
    }

    /// <summary>The buckets as beginning: used + held.</summary>
    public override string ToString()
    {
        var buckets = string.Join(", ", _buckets.Take(_count).Select(bucket => $"{bucket.StartMs}: {bucket.Used} + {bucket.Held}"));
        return $"[{buckets}]";
    }

    private ReadOnlySpan<QuotaBucket> Current(RuleSignature signature, long nowMs) => Buckets[signature.Clock.Outdated(Timed, nowMs)..];

    private void Drop(int gone)
    {
        if (gone == 0)
            return;
        Array.Copy(_buckets, gone, _buckets, 0, _count - gone);
        _count -= gone;
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

        // Never below zero. Uses that no rule told apart were recorded as one, and a rule that came later counts them evenly. So a bucket
        // may have counted less of a use than a correction takes back there. By rounding, it may also be a second less.
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
