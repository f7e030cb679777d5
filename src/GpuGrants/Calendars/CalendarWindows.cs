using NodaTime;

namespace GpuGrants.Calendars;

/// <summary>The windows of one calendar unit in one time zone.</summary>
public sealed class CalendarWindows : Cycle
{
    private readonly CalendarUnit _unit;

    private CalendarWindows(CalendarUnit unit, string timeZone)
        : base(timeZone) => _unit = unit;

    /// <summary>The windows of a unit in a zone, by its IANA name.</summary>
    /// <exception cref="ArgumentException">The time zone database does not know <paramref name="timeZone"/>.</exception>
    public static CalendarWindows Of(CalendarUnit unit, string timeZone) => new(unit, timeZone);

    private protected override CalendarSpan Find(Instant instant) => _unit == CalendarUnit.Hour ? HourAt(instant) : DatesAt(instant);

    /// <summary>
    /// An hour of the wall clock ends early or starts late where the zone's offset changes inside it; a repeated hour is two windows.
    /// </summary>
    private CalendarSpan HourAt(Instant instant)
    {
        var interval = Zone.GetZoneInterval(instant);
        var local = instant.Plus(Duration.FromSeconds(interval.WallOffset.Seconds)).ToUnixTimeSeconds();
        var start = Instant.FromUnixTimeSeconds(local - (((local % 3_600) + 3_600) % 3_600) - interval.WallOffset.Seconds);
        var end = start + Duration.FromHours(1);
        if (interval.HasStart && start < interval.Start)
            start = interval.Start;
        if (interval.HasEnd && end > interval.End)
            end = interval.End;
        return Span(start, end);
    }

    private CalendarSpan DatesAt(Instant instant)
    {
        var first = FirstDateOf(instant.InZone(Zone).Date);
        var start = StartOf(first);
        var next = NextDateAfter(first);
        var end = StartOf(next);
        // Where midnight is repeated, instants after the first midnight read as the day before once more, yet the new day has begun.
        while (instant >= end)
        {
            start = end;
            next = NextDateAfter(next);
            end = StartOf(next);
        }

        return Span(start, end);
    }

    private LocalDate FirstDateOf(LocalDate date) =>
        _unit switch
        {
            CalendarUnit.Day => date,
            CalendarUnit.Week => date.PlusDays(1 - (int)date.DayOfWeek),
            CalendarUnit.Month => new LocalDate(date.Year, date.Month, 1),
            CalendarUnit.Quarter => new LocalDate(date.Year, (((date.Month - 1) / 3) * 3) + 1, 1),
            _ => new LocalDate(date.Year, 1, 1),
        };

    private LocalDate NextDateAfter(LocalDate first) =>
        _unit switch
        {
            CalendarUnit.Day => first.PlusDays(1),
            CalendarUnit.Week => first.PlusWeeks(1),
            CalendarUnit.Month => first.PlusMonths(1),
            CalendarUnit.Quarter => first.PlusMonths(3),
            _ => first.PlusYears(1),
        };
}

/// <summary>
/// One calendar window as an interval of real time, in milliseconds since 1970 UTC: the start belongs to it, the end does not.
/// </summary>
public sealed record CalendarSpan(long StartMs, long EndMs)
{
    /// <summary>Whether the instant, in milliseconds since 1970 UTC, lies in the window.</summary>
    public bool Contains(long ms) => StartMs <= ms && ms < EndMs;
}

/// <summary>A stretch of the civil calendar. Weeks begin on Monday.</summary>
public enum CalendarUnit
{
    /// <summary>An hour of the wall clock.</summary>
    Hour,

    /// <summary>From midnight to midnight.</summary>
    Day,

    /// <summary>From Monday to Sunday.</summary>
    Week,

    /// <summary>A month.</summary>
    Month,

    /// <summary>Three months, from January, April, July or October.</summary>
    Quarter,

    /// <summary>From 1 January to 31 December.</summary>
    Year,
}

/// <summary>
/// Windows that follow one another by the wall clock of a time zone. They cover all of time without gap or overlap, whatever the zone's
/// clock
/// does: a day may last 23 or 25 hours, and a day that a zone skipped has no instant at all. Safe to use from many threads.
/// </summary>
public abstract class Cycle
{
    // Cached, because nearly every question is about the present window and time zone arithmetic costs more than the rest of a decision.
    private volatile CalendarSpan? _last;

    private protected Cycle(string timeZone) =>
        Zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(timeZone) ?? throw new ArgumentException(UnknownZone(timeZone), nameof(timeZone));

    private protected DateTimeZone Zone { get; }

    /// <summary>Whether the time zone database knows the zone.</summary>
    /// <param name="timeZone">An IANA name, such as Asia/Seoul.</param>
    public static bool Knows(string timeZone) => DateTimeZoneProviders.Tzdb.GetZoneOrNull(timeZone) is not null;

    /// <summary>What to tell whoever names an unknown zone.</summary>
    public static string UnknownZone(string timeZone) =>
        $"The time zone '{timeZone}' is unknown. Use a name of the IANA database, such as Asia/Seoul.";

    /// <summary>The window that contains the instant.</summary>
    /// <param name="ms">Milliseconds since 1970 UTC.</param>
    /// <returns>A window with at least one instant.</returns>
    public CalendarSpan At(long ms)
    {
        var last = _last;
        if (last is not null && last.Contains(ms))
            return last;
        return _last = Find(Instant.FromUnixTimeMilliseconds(ms));
    }

    private protected abstract CalendarSpan Find(Instant instant);

    /// <summary>
    /// The first instant whose date is not before <paramref name="date"/>: also defined where midnight, or the whole day, was skipped.
    /// </summary>
    private protected Instant StartOf(LocalDate date)
    {
        var midnight = Zone.MapLocal(date.AtMidnight());
        return midnight.Count == 0 ? midnight.LateInterval.Start : midnight.First().ToInstant();
    }

    private protected static CalendarSpan Span(Instant start, Instant end) =>
        new(start.ToUnixTimeMilliseconds(), end.ToUnixTimeMilliseconds());
}
