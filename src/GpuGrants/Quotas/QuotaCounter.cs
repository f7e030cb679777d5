using System.Runtime.InteropServices;

namespace GpuGrants.Quotas;

/// <summary>
/// What was counted for one subject, by bucket of time. It keeps only what a question about now or later can need, at most
/// <see cref="QuotaWindow.MaxBuckets"/> + 2 buckets.
/// </summary>
/// <remarks>Not thread-safe. Times of facts do not decrease; a fact that counts in a window which is over for every later question is ignored.</remarks>
public sealed class QuotaCounter
{
    private readonly List<long> _starts;
    private readonly List<long> _used;
    private readonly List<long> _held;
    private long? _firstMs;

    public QuotaCounter()
        : this([], [], [], [])
    {
    }

    /// <summary>A counter as it was stored.</summary>
    public QuotaCounter(IReadOnlyList<long> starts, IReadOnlyList<long> used, IReadOnlyList<long> held, IReadOnlyList<long> carried)
    {
        if (starts.Count != used.Count || starts.Count != held.Count) throw new ArgumentException("A counter's columns differ in length.", nameof(starts));
        _starts = [.. starts];
        _used = [.. used];
        _held = [.. held];
        _firstMs = carried.Count == 0 ? null : carried[0];
    }

    /// <summary>Beginnings of the buckets in milliseconds since 1970 UTC, ascending.</summary>
    public IReadOnlyList<long> Starts => _starts;

    public IReadOnlyList<long> Used => _used;

    public IReadOnlyList<long> Held => _held;

    /// <summary>What carry-over needs: the instant from which the subject is counted, or nothing.</summary>
    public IReadOnlyList<long> Carried => _firstMs is { } first ? [first] : [];

    public QuotaCounter Copy() => new(_starts, _used, _held, Carried);

    /// <summary>Counts a fact whose context the signature covers. True when the counter changed.</summary>
    public bool Apply(RuleSignature signature, QuotaFact fact)
    {
        var (used, held) = MeasureRules.Change(signature.Measure, signature.Refund, fact);
        if (used == 0 && held == 0) return false;
        var now = fact.At.ToUnixTimeMilliseconds();
        var countsAt = fact.CountsAt.ToUnixTimeMilliseconds();
        Prune(signature, now);
        if (signature.Window.CarryOver is not null) _firstMs = Math.Min(_firstMs ?? long.MaxValue, signature.Calendar!.At(countsAt).StartMs);
        if (BucketOf(signature, countsAt, now, mayOpen: used > 0 || held > 0) is not { } start) return true;
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
                return _starts.Count == 0 ? default : new CounterReading(_used[0], _held[0], 0, null, null);
        }
    }

    private CounterReading ReadRolling(RuleSignature signature, long nowMs)
    {
        long used = 0, held = 0;
        long? oldestTaken = null;
        var oldest = nowMs - signature.DurationMs - signature.ResolutionMs;
        var starts = CollectionsMarshal.AsSpan(_starts);
        var usedBy = CollectionsMarshal.AsSpan(_used)[..starts.Length];
        var heldBy = CollectionsMarshal.AsSpan(_held)[..starts.Length];
        for (var i = starts.Length - 1; i >= 0 && starts[i] > oldest; i--)
        {
            used += usedBy[i];
            held += heldBy[i];
            if ((usedBy[i] | heldBy[i]) != 0) oldestTaken = starts[i];
        }

        var resetsAt = oldestTaken + signature.ResolutionMs + signature.DurationMs;
        return new CounterReading(used, held, 0, nowMs - signature.DurationMs, resetsAt);
    }

    private CounterReading ReadFirstUse(RuleSignature signature, long nowMs)
    {
        for (var i = 0; i < _starts.Count; i++)
        {
            var end = _starts[i] + signature.DurationMs;
            if (_starts[i] <= nowMs && nowMs < end) return new CounterReading(_used[i], _held[i], 0, _starts[i], end);
        }

        return default;
    }

    private long CarriedInto(RuleSignature signature, CarryOver rule, long windowStart, long limit)
    {
        if (_firstMs is not { } first) return 0;
        var windows = new List<(long Start, long End)>(CarryOver.MaxWindows);
        for (var start = windowStart; start > first && windows.Count < CarryOver.MaxWindows;)
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

    /// <summary>What is counted in buckets from the one instant to before the other. Questions are about the latest buckets, so it begins at the end.</summary>
    private (long Used, long Held) Sum(long from, long to)
    {
        long used = 0, held = 0;
        var starts = CollectionsMarshal.AsSpan(_starts);
        for (var i = starts.Length - 1; i >= 0 && starts[i] >= from; i--)
        {
            if (starts[i] >= to) continue;
            used += _used[i];
            held += _held[i];
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
                for (var i = 0; i < _starts.Count; i++)
                {
                    if (_starts[i] <= countsAt && countsAt < _starts[i] + signature.DurationMs) return _starts[i];
                }

                // What counts before the latest window ended, and in no window that is known, belongs to none that a later question asks for.
                return mayOpen && (_starts.Count == 0 || countsAt >= _starts[^1] + signature.DurationMs) ? countsAt : null;
            default:
                return 0;
        }
    }

    private static long OldestKept(RuleSignature signature, long now)
    {
        var start = signature.Calendar!.At(now).StartMs;
        if (signature.Window.CarryOver is null) return start;
        for (var i = 0; i < CarryOver.MaxWindows; i++) start = signature.Calendar.At(start - 1).StartMs;
        return start;
    }

    private void Prune(RuleSignature signature, long now)
    {
        if (_starts.Count == 0 || signature.Window.Kind is WindowKind.Concurrent or WindowKind.Lifetime or WindowKind.PerRequest) return;
        var oldest = signature.Window.Kind switch
        {
            WindowKind.Rolling => now - signature.DurationMs - signature.ResolutionMs + 1,
            WindowKind.FirstUse => now - signature.DurationMs + 1,
            _ => OldestKept(signature, now),
        };

        // The latest first-use window stays when it is over: what follows from it, such as the approval of a hold, must not open another.
        var most = signature.Window.Kind == WindowKind.FirstUse ? _starts.Count - 1 : _starts.Count;
        var gone = 0;
        while (gone < most && _starts[gone] < oldest) gone++;
        if (gone == 0) return;
        _starts.RemoveRange(0, gone);
        _used.RemoveRange(0, gone);
        _held.RemoveRange(0, gone);
    }

    private void Add(long start, long used, long held)
    {
        var at = _starts.BinarySearch(start);
        if (at < 0)
        {
            at = ~at;
            _starts.Insert(at, start);
            _used.Insert(at, 0);
            _held.Insert(at, 0);
        }

        // Never below nothing: what is taken back may have been counted before the counter's rule was.
        _used[at] = Math.Max(0, _used[at] + used);
        _held[at] = Math.Max(0, _held[at] + held);
    }
}
