using System.Globalization;
using CsCheck;
using GpuGrants.Calendars;
using GpuGrants.Tests.Quotas;
using NodaTime;
using NodaTime.Text;

namespace GpuGrants.Tests.Calendars;

public class AnchoredPeriodsTests
{
    [Theory]
    [InlineData("P1M", "2026-01-31", "2026-02-27", "2026-01-31", "2026-02-28")]
    [InlineData("P1M", "2026-01-31", "2026-02-28", "2026-02-28", "2026-03-31")]
    [InlineData("P1M", "2026-01-31", "2026-03-31", "2026-03-31", "2026-04-30")]
    [InlineData("P1M", "2026-01-31", "2028-02-29", "2028-02-29", "2028-03-31")]
    [InlineData("P1M", "2026-01-31", "2025-12-31", "2025-12-31", "2026-01-31")]
    [InlineData("P1M", "2026-01-31", "2025-11-15", "2025-10-31", "2025-11-30")]
    [InlineData("P1Y", "2024-02-29", "2025-02-28", "2025-02-28", "2026-02-28")]
    [InlineData("P1Y", "2024-02-29", "2028-02-28", "2027-02-28", "2028-02-29")]
    [InlineData("P1W", "2026-01-06", "2026-03-02", "2026-02-24", "2026-03-03")]
    [InlineData("P2W", "2026-01-06", "2026-03-02", "2026-02-17", "2026-03-03")]
    [InlineData("P10D", "2026-03-01", "2026-02-28", "2026-02-19", "2026-03-01")]
    [InlineData("P1M3D", "2026-01-31", "2026-04-02", "2026-03-03", "2026-04-06")]
    public void A_period_begins_at_the_anchor_plus_a_multiple_of_its_length(
        string length,
        string anchor,
        string at,
        string start,
        string end
    )
    {
        var span = Of(length, anchor, "UTC").At(Ms($"{at}T12:00:00Z"));
        Assert.Equal((Ms($"{start}T00:00:00Z"), Ms($"{end}T00:00:00Z")), (span.StartMs, span.EndMs));
    }

    [Theory]
    [InlineData("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", 23)]
    [InlineData("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", 25)]
    [InlineData("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23)]
    public void Periods_follow_the_wall_clock_also_where_midnight_is_missing(string zone, string anchor, string start, double hours)
    {
        var span = Of("P1D", anchor, zone).At(Ms(start));
        Assert.Equal((Ms(start), Ms(start) + (long)(hours * 3_600_000)), (span.StartMs, span.EndMs));
    }

    [Fact]
    public void Periods_of_every_zone_are_those_of_a_wall_calendar_and_cover_time_without_gap_or_overlap() =>
        Gen.Select(
                Gen.OneOfConst(DateTimeZoneProviders.Tzdb.Ids.ToArray()),
                Gen.OneOfConst("P1D", "P3D", "P1W", "P2W", "P45D", "P1M", "P5M", "P1M1D", "P1Y", "P1Y2M3W4D"),
                Gen.Int[0, 20_000],
                Gen.Long[0, Ms("2040-01-01T00:00:00Z")]
            )
            .Sample(
                (zone, length, days, ms) =>
                {
                    var window = new AnchoredWindow
                    {
                        Length = PeriodPattern.Roundtrip.Parse(length).Value,
                        Anchor = new LocalDate(1980, 1, 31).PlusDays(days),
                    };
                    var periods = new AnchoredPeriods(window.Anchor, window.Length, zone);
                    var span = periods.At(ms);
                    Assert.True(span.Contains(ms));
                    Assert.Equal(span, new AnchoredPeriods(window.Anchor, window.Length, zone).At(span.EndMs - 1));
                    Assert.Equal(span.EndMs, periods.At(span.EndMs).StartMs);
                    Assert.Equal(span.StartMs, periods.At(span.StartMs - 1).EndMs);
                    var begins = NaivePeriods.Start(window, NaivePeriods.Of(window, NaivePeriods.DayOf(zone, span.StartMs)));
                    Assert.InRange(begins, NaivePeriods.DayOf(zone, span.StartMs - 1) + 1, NaivePeriods.DayOf(zone, span.StartMs));
                },
                iter: 1_000
            );

    private static AnchoredPeriods Of(string length, string anchor, string zone) =>
        new(LocalDatePattern.Iso.Parse(anchor).Value, PeriodPattern.Roundtrip.Parse(length).Value, zone);

    private static long Ms(string at) => DateTimeOffset.Parse(at, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
