using GpuGrants.Calendars;
using GpuGrants.Units;

namespace GpuGrants.Quotas.Deciding;

/// <summary>What a correction frees in each window of one counter, and what the rest of it adds there. All times are GPU-seconds.</summary>
internal sealed class CorrectedWindows
{
    /// <summary>Stands for the beginning of the one window that a clock without known windows has now.</summary>
    private const long Present = CounterReading.Never;

    private readonly WindowClock _clock;
    private readonly QuotaCounter _counter;
    private readonly long _recordedMs;
    private readonly long _nowMs;

    /// <summary>What the grant has left before the correction.</summary>
    private readonly OutstandingTime _left;

    /// <summary>By beginning of the window: what counts there no more, less what counts there anew.</summary>
    private readonly Dictionary<long, long> _freed = [];

    /// <summary>The same of time that a moving window has left behind, by the moment at which it counted.</summary>
    private readonly Dictionary<long, long> _freedLongAgo = [];

    public CorrectedWindows(
        WindowClock clock,
        QuotaCounter counter,
        IReadOnlyList<QuotaFact> facts,
        DateTimeOffset recordedAt,
        DateTimeOffset now
    )
    {
        (_clock, _counter) = (clock, counter);
        (_recordedMs, _nowMs) = (recordedAt.ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds());
        _left = facts[0].OutstandingBefore;
        foreach (var fact in facts)
            Add(fact, fact.Kind == QuotaFactKind.Unused ? fact.Time.Seconds : -fact.Time.Seconds);
    }

    private long AllFreed => _freed.Values.Sum(freed => Math.Max(0, freed)) + FreedLongAgo;

    private long FreedLongAgo => _freedLongAgo.Values.Sum(freed => Math.Max(0, freed));

    /// <summary>
    /// Whether use moves to where nobody remembers what others used. A second more at a moment is what dividing a record's time leaves
    /// over.
    /// </summary>
    private bool MovesLongAgo => _freedLongAgo.Values.Any(freed => freed < -1);

    /// <summary>What finds no room in some window of the grant's dates.</summary>
    /// <param name="presentStartMs">When the present window began.</param>
    /// <param name="roomIn">What a limit leaves in a window; in the present one when it is null.</param>
    public long WithoutRoom(long presentStartMs, Func<CalendarSpan?, long> roomIn)
    {
        if (_clock is not CycleClock cycle)
            return MovesLongAgo ? GpuTime.MaxSeconds : Math.Max(FreedLongAgo, WithoutRoomNow(roomIn(null)));
        if (cycle.WindowsOf(_left.FromMs, _left.ToMs) is not { } windows)
            return InTooManyWindows(cycle, presentStartMs, roomIn);
        var most = 0L;
        foreach (var window in windows)
            if (!IsOver(window))
                most = Math.Max(most, Missing(window, roomIn(window.StartMs == presentStartMs ? null : window)));
            else if (_recordedMs < window.EndMs)
                most = Math.Max(most, Missing(window, 0));
        return most;
    }

    /// <summary>What finds no room in the present window, for a rule that looks at no other.</summary>
    public long WithoutRoomNow(long room) =>
        _clock is CycleClock cycle
            ? Missing(cycle.WindowAt(_nowMs), room)
            : Missing(Freed(Present), (_left with { Seconds = GpuTime.MaxSeconds }).MostIn(_clock.LongestMs), room);

    /// <summary>All of the grant counts in each window. Only what is freed in a window itself changes nothing there.</summary>
    private long InTooManyWindows(CycleClock cycle, long presentStartMs, Func<CalendarSpan?, long> roomIn)
    {
        if (_left.FromMs < presentStartMs && _recordedMs < presentStartMs)
            return AllFreed;
        return _counter
            .WindowsFrom(cycle, presentStartMs)
            .Where(window => window.StartMs != presentStartMs)
            .Select(window => Missing(Freed(window.StartMs), long.MaxValue, roomIn(window)))
            .Append(Missing(Freed(presentStartMs), long.MaxValue, roomIn(null)))
            .Max();
    }

    private void Add(QuotaFact fact, long seconds)
    {
        var to = fact.CountsAt.ToUnixTimeMilliseconds();
        foreach (var (at, part) in _clock.PartsOf(seconds, fact.UsedFrom?.ToUnixTimeMilliseconds() ?? to, to))
            if (_clock is CycleClock cycle)
                Add(cycle.WindowAt(at).StartMs, part);
            else if (_clock.BucketOf(_counter.Timed, at, _nowMs, mayOpen: part < 0) is null)
                _freedLongAgo[at] = _freedLongAgo.GetValueOrDefault(at) + part;
            else
                Add(Present, part);
    }

    private void Add(long startMs, long seconds) => _freed[startMs] = _freed.GetValueOrDefault(startMs) + seconds;

    private long Freed(long startMs) => Math.Max(0, _freed.GetValueOrDefault(startMs));

    private bool IsOver(CalendarSpan window) => _clock.BucketOf(_counter.Timed, window.StartMs, _nowMs, mayOpen: true) is null;

    private long Missing(CalendarSpan window, long room) =>
        Missing(Freed(window.StartMs), (_left with { Seconds = GpuTime.MaxSeconds }).MostWithin(window.StartMs, window.EndMs), room);

    /// <param name="freedHere">What the window gave up itself: it takes as much again.</param>
    /// <param name="most">What the grant's GPUs can use in the window.</param>
    /// <param name="room">What the limit leaves.</param>
    private long Missing(long freedHere, long most, long room)
    {
        var more = most - Math.Min(_left.Seconds + freedHere, most);
        return more <= room ? 0 : Math.Max(0, AllFreed - freedHere - room);
    }
}
