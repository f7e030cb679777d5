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
