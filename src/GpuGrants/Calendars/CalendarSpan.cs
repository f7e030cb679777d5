namespace GpuGrants.Calendars;

/// <summary>
/// One calendar window as an interval of real time, in milliseconds since 1970 UTC: the start belongs to it, the end does not.
/// </summary>
public sealed record CalendarSpan(long StartMs, long EndMs)
{
    /// <summary>Whether the instant, in milliseconds since 1970 UTC, lies in the window.</summary>
    public bool Contains(long ms) => StartMs <= ms && ms < EndMs;
}
