using CsCheck;
using GpuGrants.Calendars;

namespace GpuGrants.Tests.Calendars;

public class CalendarWindowsTests
{
    [Theory]
    [InlineData(CalendarUnit.Day, "America/New_York", "2026-03-08T12:00:00Z", "2026-03-08T05:00:00Z", 23)]
    [InlineData(CalendarUnit.Day, "America/New_York", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", 25)]
    [InlineData(CalendarUnit.Day, "Australia/Lord_Howe", "2026-04-05T00:00:00Z", "2026-04-04T13:00:00Z", 24.5)]
    [InlineData(CalendarUnit.Day, "Asia/Seoul", "2026-03-31T15:00:00Z", "2026-03-31T15:00:00Z", 24)]
    [InlineData(CalendarUnit.Week, "Asia/Seoul", "2026-03-01T14:59:59Z", "2026-02-22T15:00:00Z", 24 * 7)]
    [InlineData(CalendarUnit.Month, "Asia/Seoul", "2028-02-29T14:59:59Z", "2028-01-31T15:00:00Z", 24 * 29)]
    [InlineData(CalendarUnit.Month, "Asia/Seoul", "2028-02-29T15:00:00Z", "2028-02-29T15:00:00Z", 24 * 31)]
    [InlineData(CalendarUnit.Quarter, "UTC", "2026-05-05T00:00:00Z", "2026-04-01T00:00:00Z", 24 * 91)]
    [InlineData(CalendarUnit.Year, "UTC", "2028-05-05T00:00:00Z", "2028-01-01T00:00:00Z", 24 * 366)]
    [InlineData(CalendarUnit.Hour, "Asia/Kathmandu", "2026-05-05T00:14:59Z", "2026-05-04T23:15:00Z", 1)]
    [InlineData(CalendarUnit.Hour, "Australia/Lord_Howe", "2026-04-04T15:10:00Z", "2026-04-04T15:00:00Z", 0.5)]
    public void A_window_begins_and_lasts_as_the_wall_clock_says(CalendarUnit unit, string zone, string at, string start, double hours)
    {
        var span = CalendarWindows.Of(unit, zone).At(Ms(at));
        Assert.Equal((Ms(start), Ms(start) + (long)(hours * 3_600_000)), (span.StartMs, span.EndMs));
    }

    [Fact]
    public void Where_midnight_does_not_exist_the_day_begins_with_its_first_instant()
    {
        // São Paulo's clocks went from 23:59:59 to 01:00.
        var span = CalendarWindows.Of(CalendarUnit.Day, "America/Sao_Paulo").At(Ms("2018-11-04T12:00:00Z"));
        Assert.Equal((Ms("2018-11-04T03:00:00Z"), Ms("2018-11-05T02:00:00Z")), (span.StartMs, span.EndMs));
    }

    [Fact]
    public void A_day_that_a_zone_skipped_belongs_to_no_window()
    {
        // Samoa went from 29 to 31 December 2011.
        var days = CalendarWindows.Of(CalendarUnit.Day, "Pacific/Apia");
        var before = days.At(Ms("2011-12-30T09:59:59Z"));
        var after = days.At(Ms("2011-12-30T10:00:00Z"));
        Assert.Equal(before.EndMs, after.StartMs);
        Assert.Equal((24 * 3_600_000L, 24 * 3_600_000L), (before.EndMs - before.StartMs, after.EndMs - after.StartMs));
    }

    [Fact]
    public void The_windows_of_every_zone_cover_time_without_gap_or_overlap()
    {
        var zones = NodaTime.DateTimeZoneProviders.Tzdb.Ids.ToArray();
        Gen.Select(Gen.OneOfConst(zones), Gen.Enum<CalendarUnit>(), Gen.Long[0, Ms("2040-01-01T00:00:00Z")])
            .Sample(
                (zone, unit, ms) =>
                {
                    var windows = CalendarWindows.Of(unit, zone);
                    var span = windows.At(ms);
                    Assert.True(span.Contains(ms));
                    Assert.Equal(span, windows.At(span.StartMs));
                    Assert.Equal(span, windows.At(span.EndMs - 1));
                    Assert.Equal(span.EndMs, windows.At(span.EndMs).StartMs);
                    Assert.Equal(span.StartMs, windows.At(span.StartMs - 1).EndMs);
                }
            );
    }

    [Fact]
    public void An_unknown_zone_is_named()
    {
        Assert.False(CalendarWindows.Knows("Mars/Olympus"));
        Assert.Contains(
            "Mars/Olympus",
            Assert.Throws<ArgumentException>(() => CalendarWindows.Of(CalendarUnit.Day, "Mars/Olympus")).Message,
            StringComparison.Ordinal
        );
    }

    private static long Ms(string at) =>
        DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
