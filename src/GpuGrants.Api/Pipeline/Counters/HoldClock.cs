namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>
/// What a replica knows of the times of holds: within a stretch of time none is over, so batches look for none. Safe to use from many
/// threads.
/// </summary>
public sealed class HoldClock
{
    /// <summary>A review holds for an hour at least, and clocks of replicas differ by less than half of it.</summary>
    private static readonly TimeSpan Sure = TimeSpan.FromMinutes(30);

    private volatile Stretch _none = new(DateTimeOffset.MaxValue, DateTimeOffset.MinValue);

    /// <summary>Whether a hold may be over that nobody has ended yet.</summary>
    public bool MayBeOver(DateTimeOffset at) => at < _none.From || at >= _none.Until;

    /// <summary>Somebody has looked at the holds of all trees.</summary>
    /// <param name="at">The moment.</param>
    /// <param name="next">When the next hold is over; null when there is none.</param>
    /// <param name="isOver">Whether one is over already.</param>
    public void Looked(DateTimeOffset at, DateTimeOffset? next, bool isOver)
    {
        var until = isOver ? DateTimeOffset.MinValue : at + Sure;
        _none = new Stretch(at - Sure, next < until ? next.Value : until);
    }

    private sealed record Stretch(DateTimeOffset From, DateTimeOffset Until);
}
