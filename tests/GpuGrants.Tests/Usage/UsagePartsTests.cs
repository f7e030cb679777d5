using System.Globalization;
using CsCheck;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Usage;

/// <summary>The time that a record charges counts where it was used, and comes back from where it counted.</summary>
public class UsagePartsTests
{
    private const long HourMs = 3_600_000;
    private const int Minutes = 300;

    private static readonly UsageTerms Terms = new(true, default, DateTimeOffset.MaxValue, Gpus: 1, GpuTime.FromSeconds(1_000_000));

    [Theory]
    [InlineData("9-15", "12", "9-12 12-15")]
    [InlineData("9-15", "10 12", "9-10 10-12 12-15")]
    [InlineData("9-15", "10 10 12", "9-10 10-12 12-15")]
    [InlineData("9-15", "9 15", "9-15")]
    [InlineData("9-15", "2 20", "9-15")]
    [InlineData("9-15", "", "9-15")]
    public void A_use_is_cut_where_its_grant_was_handed_on(string use, string moments, string expected)
    {
        var at = moments
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(hour => DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(hour, CultureInfo.InvariantCulture) * HourMs));
        Assert.Equal(expected, string.Join(' ', Span(use).CutAt(at).Select(Text)));
    }

    /// <summary>Hours since the noon of the first day; midnight is 12. Each row was reckoned by hand.</summary>
    [Theory]
    [InlineData("9-15", "", "9-15:21600")]
    [InlineData("9-15", "9-12", "12-15:10800")]
    [InlineData("9-15", "12-15", "9-12:10800")]
    [InlineData("9-15", "11-13", "9-11:7200 13-15:7200")]
    [InlineData("9-15", "0-10 14-20", "10-14:14400")]
    [InlineData("9-15", "10-12 11-13 14-15", "9-10:3600 13-14:3600")]
    [InlineData("9-15", "9-15", "")]
    public void A_use_counts_over_all_of_its_time_but_for_outages_and_suspensions(string use, string gaps, string expected)
    {
        var parts = (Terms with { Outages = Spans(gaps) }).UsableIn(Span(use));
        var seconds = parts.Sum(part => part.LengthMs) / 1_000;
        var told = parts.Count == 0 ? [] : UsageParts.Of(parts, GpuTime.FromSeconds(seconds));
        Assert.Equal(expected, string.Join(' ', told.Select(one => $"{Text(one.Span)}:{one.Time.Seconds}")));
    }

    /// <summary>Six hours of which the grant had four: each hour charges forty minutes.</summary>
    [Theory]
    [InlineData("9-12", 2)]
    [InlineData("11-13", 2.6666666666)]
    [InlineData("14.5-20", 3.6666666666)]
    [InlineData("9-15", 0)]
    [InlineData("1-2", 4)]
    public void An_outage_leaves_what_counted_outside_of_it(string outage, double hoursLeft)
    {
        var charged = MeteredTime.FromMicroseconds(4 * 1_000 * HourMs);
        var left = (Terms with { Outages = [Span(outage)] }).Left(charged, 1_000, Span("9-15"), Terms);
        Assert.Equal(hoursLeft, left.GpuMicroseconds / (1_000.0 * HourMs), 9);
    }

    /// <summary>The model asks each minute by itself whether it could be charged, and knows no spans.</summary>
    [Fact]
    public void Each_window_gives_back_what_counted_in_its_part_of_the_outage_to_the_second() =>
        Gen.Select(Gen.Int[0, 100], Gen.Int[1, 200], Gen.Int[0, Minutes].Array[0, 6], Gen.Int[0, 12_000], Gen.Int[1, 90])
            .Sample(
                (from, length, edges, seconds, windowMinutes) =>
                {
                    var use = Minute(from, from + length);
                    var gaps = edges.Chunk(2).Where(pair => pair.Length == 2).Select(pair => Minute(pair.Min(), pair.Max())).ToList();
                    var before = (Terms with { Outages = [.. gaps.Skip(1)] }).UsableIn(use);
                    var after = (Terms with { Outages = gaps }).UsableIn(use);
                    if (before.Count == 0)
                        return;
                    var could = Enumerable.Range(from, length).Where(minute => !gaps.Skip(1).Any(gap => Has(gap, minute))).ToHashSet();
                    var can = could.Where(minute => !gaps.Take(1).Any(gap => Has(gap, minute))).ToHashSet();
                    Assert.Equal(could.Count, before.Sum(one => one.LengthMs) / 60_000);
                    Assert.Equal(can.Count, after.Sum(one => one.LengthMs) / 60_000);
                    var left = seconds * can.Count / could.Count;
                    var lost = before.SelectMany(one => one.Without(after)).ToList();
                    var counted = UsageParts.Of(before, GpuTime.FromSeconds(seconds)).ToList();
                    var back = lost.Count == 0 ? [] : UsageParts.Of(lost, GpuTime.FromSeconds(seconds - left)).ToList();
                    Assert.Equal(seconds, counted.Sum(one => one.Time.Seconds));
                    Assert.Equal(lost.Count == 0 ? 0 : seconds - left, back.Sum(one => one.Time.Seconds));
                    for (var edge = 0; edge < Minutes; edge += windowMinutes)
                    {
                        var window = Minute(edge, edge + windowMinutes);
                        var exact = (double)seconds * can.Count(minute => Has(window, minute)) / could.Count;
                        // Each end of a part may round by a second.
                        Assert.InRange(In(counted, window) - In(back, window), exact - 2.01, exact + 2.01);
                        if (!lost.Exists(one => !one.Within(window).IsEmpty))
                            Assert.Equal(0, In(back, window));
                    }
                }
            );

    private static double In(IEnumerable<(UsageSpan Span, GpuTime Time)> parts, UsageSpan window) =>
        parts.Sum(one => (double)one.Time.Seconds * one.Span.Within(window).LengthMs / one.Span.LengthMs);

    private static bool Has(UsageSpan span, int minute) => span.FromMs <= minute * 60_000L && minute * 60_000L < span.ToMs;

    private static UsageSpan Minute(int from, int to) => new(from * 60_000L, to * 60_000L);

    private static List<UsageSpan> Spans(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Span)];

    private static UsageSpan Span(string text)
    {
        var hours = text.Split('-').Select(one => double.Parse(one, CultureInfo.InvariantCulture)).ToArray();
        return new UsageSpan((long)(hours[0] * HourMs), (long)(hours[1] * HourMs));
    }

    private static string Text(UsageSpan span) => $"{span.FromMs / HourMs}-{span.ToMs / HourMs}";
}
