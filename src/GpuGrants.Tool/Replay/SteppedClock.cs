namespace GpuGrants.Tool.Replay;

/// <summary>A clock that stands until it is moved, and never moves back. Timers run on real time.</summary>
public sealed class SteppedClock(DateTimeOffset start) : TimeProvider
{
    private long _ticks = start.UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    /// <summary>Moves the clock; an earlier moment changes nothing.</summary>
    public void AdvanceTo(DateTimeOffset moment)
    {
        var seen = Interlocked.Read(ref _ticks);
        while (moment.UtcTicks > seen)
        {
            var before = Interlocked.CompareExchange(ref _ticks, moment.UtcTicks, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
