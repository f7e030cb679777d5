using NodaTime;

namespace GpuGrants.Calendars;

/// <summary>
/// Periods of one length, counted from an anchor date in both directions. Period n begins on the date anchor + n × length; each is computed
/// from the anchor, so that 31 January + 2 months is 31 March, whatever lies between.
/// </summary>
/// <param name="anchor">The first day of period 0.</param>
/// <param name="length">Years, months, weeks and days; at least one day in all, and none of them negative.</param>
/// <param name="timeZone">By whose midnights periods begin, by its IANA name.</param>
/// <exception cref="ArgumentException">The time zone database does not know the zone.</exception>
public sealed class AnchoredPeriods(LocalDate anchor, Period length, string timeZone) : Cycle(timeZone)
{
    /// <summary>Of a year, a month, a week and a day: only a guess that the search mends.</summary>
    private readonly double _days = (length.Years * 365.2425) + (length.Months * 30.436875) + (length.Weeks * 7) + length.Days;

    private protected override CalendarSpan Find(Instant instant)
    {
        var date = instant.InZone(Zone).Date;
        var number = (int)Math.Floor(Period.DaysBetween(anchor, date) / _days);
        while (StartOf(DateOf(number)) > instant)
            number--;
        while (StartOf(DateOf(number + 1)) <= instant)
            number++;
        return Span(StartOf(DateOf(number)), StartOf(DateOf(number + 1)));
    }

    private LocalDate DateOf(int number) =>
        anchor.PlusMonths(number * ((12 * length.Years) + length.Months)).PlusDays(number * ((7 * length.Weeks) + length.Days));
}
