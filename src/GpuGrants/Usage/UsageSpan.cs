namespace GpuGrants.Usage;

/// <summary>A stretch of time with its first and without its last millisecond of Unix time.</summary>
/// <param name="FromMs">When it begins, included.</param>
/// <param name="ToMs">When it ends, not included. Not after the beginning when the span is empty.</param>
public readonly record struct UsageSpan(long FromMs, long ToMs)
{
    /// <summary>Whether it has no millisecond.</summary>
    public bool IsEmpty => ToMs <= FromMs;

    /// <summary>How long it lasts; 0 when it is empty.</summary>
    public long LengthMs => Math.Max(0, ToMs - FromMs);

    /// <summary>When it begins.</summary>
    public DateTimeOffset StartedAt => DateTimeOffset.FromUnixTimeMilliseconds(FromMs);

    /// <summary>When it ends.</summary>
    public DateTimeOffset EndedAt => DateTimeOffset.FromUnixTimeMilliseconds(ToMs);

    /// <summary>The time between two moments, each rounded down to its millisecond.</summary>
    /// <returns>An empty span when they are not in order.</returns>
    public static UsageSpan Between(DateTimeOffset from, DateTimeOffset to) => new(Floor(from), Floor(to));

    /// <summary>What it shares with another.</summary>
    /// <returns>An empty span when they share nothing.</returns>
    public UsageSpan Within(UsageSpan other) => new(Math.Max(FromMs, other.FromMs), Math.Min(ToMs, other.ToMs));

    /// <summary>How much of this span others cover together. What several of them cover counts once.</summary>
    /// <param name="others">In any order.</param>
    /// <returns>Milliseconds.</returns>
    public long CoveredMs(IEnumerable<UsageSpan> others)
    {
        var (covered, until) = (0L, FromMs);
        foreach (var other in others.OrderBy(one => one.FromMs))
        {
            var rest = new UsageSpan(Math.Max(other.FromMs, until), other.ToMs).Within(this);
            covered += rest.LengthMs;
            until = Math.Max(until, rest.ToMs);
        }

        return covered;
    }

    /// <summary>The stretches of this span that others leave uncovered.</summary>
    /// <param name="others">In any order. They may overlap.</param>
    /// <returns>In order; none is empty.</returns>
    public IReadOnlyList<UsageSpan> Without(IEnumerable<UsageSpan> others)
    {
        var (left, from) = (new List<UsageSpan>(), FromMs);
        foreach (var other in others.Select(Within).Where(one => !one.IsEmpty).OrderBy(one => one.FromMs))
        {
            if (other.FromMs > from)
                left.Add(new UsageSpan(from, other.FromMs));
            from = Math.Max(from, other.ToMs);
        }

        if (ToMs > from)
            left.Add(new UsageSpan(from, ToMs));
        return left;
    }

    /// <summary>The same span in pieces that end at these moments. Moments outside of it cut nothing.</summary>
    /// <param name="moments">In order.</param>
    /// <returns>In order; one or more.</returns>
    public IReadOnlyList<UsageSpan> CutAt(IEnumerable<DateTimeOffset> moments)
    {
        var (pieces, from) = (new List<UsageSpan>(1), FromMs);
        foreach (var at in moments.Select(Floor))
            if (from < at && at < ToMs)
            {
                pieces.Add(new UsageSpan(from, at));
                from = at;
            }

        pieces.Add(new UsageSpan(from, ToMs));
        return pieces;
    }

    // ToUnixTimeMilliseconds rounds down, also before 1970.
    private static long Floor(DateTimeOffset moment) => moment.ToUnixTimeMilliseconds();
}
