using NodaTime;

namespace GpuGrants.Tests.Quotas;

/// <summary>Anchored periods without a library's arithmetic on dates: dates are numbers of days, and a walk from the anchor finds one.</summary>
internal static class NaivePeriods
{
    /// <summary>The number of the period that contains the instant.</summary>
    public static int Of(AnchoredWindow window, string zone, DateTimeOffset at) => Of(window, DayOf(zone, at.ToUnixTimeMilliseconds()));

    /// <summary>The number of the period that contains the day.</summary>
    public static int Of(AnchoredWindow window, int day)
    {
        var number = 0;
        while (Start(window, number) > day)
            number--;
        while (Start(window, number + 1) <= day)
            number++;
        return number;
    }

    /// <summary>The first day of a period.</summary>
    public static int Start(AnchoredWindow window, int number)
    {
        var months = (window.Anchor.Year * 12) + window.Anchor.Month - 1 + (number * ((window.Length.Years * 12) + window.Length.Months));
        var (year, month) = (months / 12, (months % 12) + 1);
        return Day(year, month, Math.Min(window.Anchor.Day, DaysIn(year, month)))
            + (number * ((window.Length.Weeks * 7) + window.Length.Days));
    }

    /// <summary>The day that the zone's clocks show at the instant.</summary>
    public static int DayOf(string zone, long ms)
    {
        var local = Instant.FromUnixTimeMilliseconds(ms).InZone(DateTimeZoneProviders.Tzdb[zone]);
        return Day(local.Year, local.Month, local.Day);
    }

    /// <summary>Days since the end of the year before year 1.</summary>
    private static int Day(int year, int month, int day)
    {
        var past = year - 1;
        var days = (365 * past) + (past / 4) - (past / 100) + (past / 400) + day;
        for (var before = 1; before < month; before++)
            days += DaysIn(year, before);
        return days;
    }

    private static int DaysIn(int year, int month) =>
        month switch
        {
            2 => (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28,
            4 or 6 or 9 or 11 => 30,
            _ => 31,
        };
}
