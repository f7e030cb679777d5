namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>
/// What a replica knows of the time that reviews may take: within a stretch of time none is over, so batches look for none. It speaks of
/// the reviews of all trees. Safe to use from many threads.
/// </summary>
public sealed class ReviewClock
{
    /// <summary>A review lasts an hour at least, and clocks of replicas differ by less than half of it.</summary>
    private static readonly TimeSpan Sure = TimeSpan.FromMinutes(30);

    private volatile Stretch _none = new(DateTimeOffset.MaxValue, DateTimeOffset.MinValue);

    /// <summary>Whether the time of a review may be over that nobody has ended yet.</summary>
    public bool MayBeOver(DateTimeOffset at) => at < _none.From || at >= _none.Until;

    /// <summary>Somebody has looked at the reviews of all trees.</summary>
    /// <param name="at">The moment.</param>
    /// <param name="next">When the time of the next one is over; null when there is none.</param>
    /// <param name="isOver">Whether the time of one is over already.</param>
    public void Looked(DateTimeOffset at, DateTimeOffset? next, bool isOver)
    {
        var until = isOver ? DateTimeOffset.MinValue : at + Sure;
        _none = new Stretch(at - Sure, next < until ? next.Value : until);
    }

    private sealed record Stretch(DateTimeOffset From, DateTimeOffset Until);
}
