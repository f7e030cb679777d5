namespace GpuGrants.Api.Http.Limiting;

/// <summary>The calls of one key since its window began. The clock's timestamp never jumps back.</summary>
internal sealed class RateWindow(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private long _began = clock.GetTimestamp();
    private int _taken;

    /// <summary>Takes a call when fewer than <paramref name="calls"/> were taken.</summary>
    /// <returns>Whether the call passes, how many are left, and how long until the next window.</returns>
    public (bool Passes, int Left, TimeSpan Ends) Take(int calls, TimeSpan length)
    {
        lock (_gate)
        {
            var (passes, _, ends) = Look(calls, length);
            if (passes)
                _taken++;
            return (passes, calls - _taken, ends);
        }
    }

    /// <summary>The same without taking one.</summary>
    /// <returns>Whether a call would pass, how many are left, and how long until the next window.</returns>
    public (bool Passes, int Left, TimeSpan Ends) Look(int calls, TimeSpan length)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            if (clock.GetElapsedTime(_began, now) >= length)
                (_began, _taken) = (now, 0);
            return (_taken < calls, calls - _taken, length - clock.GetElapsedTime(_began, now));
        }
    }
}
