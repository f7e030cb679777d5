using NodaTime;

namespace GpuGrants.Calendars;

/// <summary>
/// The calendar windows of one unit in one time zone. They cover all of time without gap or overlap, whatever the zone's clock does: a day
/// may last 23 or 25 hours, and a day that a zone skipped has no instant at all.
/// </summary>
public sealed class CalendarWindows
{
    private readonly CalendarUnit _unit;
    private readonly DateTimeZone _zone;

    // Cached, because nearly every question is about the present window and time zone arithmetic costs more than the rest of a decision.
    private volatile CalendarSpan _last;

    private CalendarWindows(CalendarUnit unit, DateTimeZone zone)
    {
        _unit = unit;
        _zone = zone;
        _last = Find(0);
    }

    /// <summary>Whether the time zone database knows <paramref name="timeZone"/>.</summary>
    public static bool Knows(string timeZone) => DateTimeZoneProviders.Tzdb.GetZoneOrNull(timeZone) is not null;

    /// <exception cref="ArgumentException">The time zone database does not know <paramref name="timeZone"/>.</exception>
    public static CalendarWindows Of(CalendarUnit unit, string timeZone) =>
        new(
            unit,
            DateTimeZoneProviders.Tzdb.GetZoneOrNull(timeZone)
                ?? throw new ArgumentException(
                    $"The time zone '{timeZone}' is unknown. Use a name of the IANA database, such as Asia/Seoul.",
                    nameof(timeZone)
                )
        );

    /// <summary>The window that contains the instant.</summary>
    public CalendarSpan At(long ms)
    {
        var last = _last;
        if (last.Contains(ms))
            return last;
        return _last = Find(ms);
    }

    private CalendarSpan Find(long ms)
    {
        var instant = Instant.FromUnixTimeMilliseconds(ms);
        return _unit == CalendarUnit.Hour ? HourAt(instant) : DatesAt(instant);
    }

    /// <summary>
    /// An hour of the wall clock ends early or starts late where the zone's offset changes inside it; a repeated hour is two windows.
    /// </summary>
    private CalendarSpan HourAt(Instant instant)
    {
        var interval = _zone.GetZoneInterval(instant);
        var local = instant.Plus(Duration.FromSeconds(interval.WallOffset.Seconds)).ToUnixTimeSeconds();
        var start = Instant.FromUnixTimeSeconds(local - (((local % 3_600) + 3_600) % 3_600) - interval.WallOffset.Seconds);
        var end = start + Duration.FromHours(1);
        if (interval.HasStart && start < interval.Start)
            start = interval.Start;
        if (interval.HasEnd && end > interval.End)
            end = interval.End;
        return new CalendarSpan(start.ToUnixTimeMilliseconds(), end.ToUnixTimeMilliseconds());
    }

    private CalendarSpan DatesAt(Instant instant)
    {
        var first = FirstDateOf(instant.InZone(_zone).Date);
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

        return new CalendarSpan(start.ToUnixTimeMilliseconds(), end.ToUnixTimeMilliseconds());
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

    /// <summary>
    /// The first instant whose date is not before <paramref name="date"/>: also defined where midnight, or the whole day, was skipped.
    /// </summary>
    private Instant StartOf(LocalDate date)
    {
        var midnight = _zone.MapLocal(date.AtMidnight());
        return midnight.Count == 0 ? midnight.LateInterval.Start : midnight.First().ToInstant();
    }
}
