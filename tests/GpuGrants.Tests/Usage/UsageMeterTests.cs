using CsCheck;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Usage;

public class UsageMeterTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly UsageTerms Terms = new(true, Noon.AddHours(-10), Noon.AddDays(10), Gpus: 2, GpuTime.FromSeconds(10_000));

    [Fact]
    public void A_record_charges_gpus_times_seconds() => Assert.Equal(7_200, Charged(2_000, Noon.AddHours(-1), Noon));

    [Fact]
    public void Half_a_gpu_charges_half() => Assert.Equal(1_800, Charged(500, Noon.AddHours(-1), Noon));

    [Theory]
    [InlineData(2_001, -1, 0, "usage-exceeds-gpus")]
    [InlineData(100, -11, 0, "usage-before-grant")]
    [InlineData(100, -1, 1, "usage-in-future")]
    [InlineData(100, 0, -1, "usage-not-in-order")]
    [InlineData(100, -1, -1, "usage-not-in-order")]
    public void A_record_outside_the_grant_is_refused(int milliGpus, int fromHours, int toHours, string code) =>
        Assert.Equal(code, Meter().Take(new UsageReading(milliGpus, Noon.AddHours(fromHours), Noon.AddHours(toHours)), out _)?.Code);

    [Fact]
    public void Usage_after_the_end_is_refused_even_when_it_is_reported_later() =>
        Assert.Equal(
            "usage-after-grant",
            Meter(at: Noon.AddDays(20)).Take(new UsageReading(1_000, Noon.AddDays(9), Noon.AddDays(11)), out _)?.Code
        );

    [Fact]
    public void A_grant_that_has_ended_takes_nothing() =>
        Assert.Equal(
            "grant-not-active",
            Meter(Terms with { TakesUsage = false }).Take(new UsageReading(1_000, Noon.AddHours(-1), Noon), out _)?.Code
        );

    [Fact]
    public void A_clock_that_is_five_minutes_ahead_charges_only_time_that_has_passed() =>
        Assert.Equal(60, Charged(1_000, Noon.AddMinutes(-1), Noon + UsageMeter.ClockTolerance));

    [Fact]
    public void A_record_of_time_that_has_not_passed_at_all_is_refused() =>
        Assert.Equal("usage-in-future", Meter().Take(new UsageReading(1_000, Noon, Noon.AddMinutes(5)), out _)?.Code);

    [Fact]
    public void Minutes_before_the_grant_and_after_it_are_cut_off()
    {
        var meter = Meter(Terms with { StartsAt = Noon.AddHours(-2), EndsAt = Noon.AddHours(-1) });
        Assert.Null(meter.Take(new UsageReading(1_000, Noon.AddMinutes(-125), Noon.AddMinutes(-55)), out var charge));
        Assert.Equal((Noon.AddHours(-2), Noon.AddHours(-1)), (charge.Span.StartedAt, charge.Span.EndedAt));
        Assert.Equal(3_600, charge.Time.Seconds);
    }

    [Fact]
    public void A_use_of_less_than_a_millisecond_is_refused() =>
        Assert.Equal(
            "usage-too-short",
            Meter().Take(new UsageReading(1_000, Noon.AddHours(-1), Noon.AddHours(-1).AddMicroseconds(10)), out _)?.Code
        );

    [Fact]
    public void The_same_time_is_charged_once_however_it_is_reported()
    {
        var meter = Meter();
        var reading = new UsageReading(2_000, Noon.AddHours(-1), Noon);
        Assert.Null(meter.Take(reading, out _));
        Assert.Equal("usage-exceeds-gpus", meter.Take(reading, out _)?.Code);
        Assert.Equal("usage-exceeds-gpus", meter.Take(new UsageReading(1, Noon.AddMinutes(-30), Noon.AddMinutes(-29)), out _)?.Code);
        Assert.Null(meter.Take(new UsageReading(2_000, Noon.AddMinutes(-70), Noon.AddHours(-1)), out _));
    }

    [Fact]
    public void A_hundred_records_of_ten_milliseconds_charge_one_second()
    {
        var meter = Meter();
        var charged = 0L;
        for (var i = 0; i < 100; i++)
        {
            var start = Noon.AddHours(-1).AddMilliseconds(10 * i);
            Assert.Null(meter.Take(new UsageReading(1_000, start, start.AddMilliseconds(10)), out var charge));
            charged += charge.Time.Seconds;
        }

        Assert.Equal(1, charged);
    }

    [Fact]
    public void An_absurd_duration_does_not_overflow()
    {
        var terms = Terms with { StartsAt = DateTimeOffset.MinValue, Gpus = 100_000 };
        Assert.Equal(
            "usage-exceeds-grant",
            Meter(terms).Take(new UsageReading(UsageReading.MaxMilliGpus, DateTimeOffset.MinValue, Noon), out _)?.Code
        );
    }

    [Fact]
    public void Slices_of_a_use_charge_what_the_whole_charges() =>
        Gen.Select(Gen.Int[1, 2_000], Gen.Int[1, 20_000], Gen.Int[0, 20_000].Array[0, 12], Gen.Int[1, 5])
            .Sample(
                (milliGpus, lengthMs, cuts, parts) =>
                {
                    var start = Noon.AddHours(-1);
                    var whole = Meter();
                    Assert.Null(whole.Take(new UsageReading(milliGpus, start, start.AddMilliseconds(lengthMs)), out var expected));
                    var sliced = Meter();
                    var charged = 0L;
                    int[] edges = [0, .. cuts.Where(cut => cut > 0 && cut < lengthMs).Distinct().Order(), lengthMs];
                    foreach (var (from, to) in edges.Zip(edges.Skip(1)))
                    foreach (var part in Parts(milliGpus, parts))
                    {
                        var reading = new UsageReading(part, start.AddMilliseconds(from), start.AddMilliseconds(to));
                        Assert.Null(sliced.Take(reading, out var charge));
                        charged += charge.Time.Seconds;
                    }

                    Assert.Equal(expected.Time.Seconds, charged);
                    Assert.Equal(whole.Used, sliced.Used);
                }
            );

    [Fact]
    public void Records_are_taken_exactly_while_gpus_are_free_at_every_millisecond() =>
        Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12], Gen.Int[1, 5])
            .Array[0, 12]
            .Sample(records =>
            {
                // Five thousandths of a GPU, millisecond by millisecond.
                var start = Noon.AddHours(-1);
                var used = new int[12];
                var profile = new UsageProfile();
                foreach (var (one, other, milliGpus) in records)
                {
                    var span = UsageSpan.Between(start.AddMilliseconds(Math.Min(one, other)), start.AddMilliseconds(Math.Max(one, other)));
                    var at = Enumerable.Range(Math.Min(one, other), Math.Abs(one - other)).ToArray();
                    Assert.Equal(at.Select(ms => used[ms]).DefaultIfEmpty().Max(), profile.MostWithin(span));
                    if (profile.MostWithin(span) + milliGpus > 5)
                        continue;
                    profile.Add(span, milliGpus);
                    foreach (var ms in at)
                        used[ms] += milliGpus;
                }

                for (var ms = 0; ms < used.Length; ms++)
                    Assert.Equal(used[ms], profile.MostWithin(UsageSpan.Between(start.AddMilliseconds(ms), start.AddMilliseconds(ms + 1))));
            });

    [Fact]
    public void All_records_together_charge_the_exact_sum_rounded_down_once() =>
        Gen.Select(Gen.Int[1, 2_000], Gen.Int[1, 3_000])
            .Array[1, 30]
            .Sample(records =>
            {
                var meter = Meter(Terms with { Most = GpuTime.FromSeconds(60) });
                var (charged, exact, uncharged, start) = (0L, 0L, 0L, Noon.AddHours(-1));
                foreach (var (milliGpus, lengthMs) in records)
                {
                    var reading = new UsageReading(milliGpus, start, start.AddMilliseconds(lengthMs));
                    start = reading.EndedAt;
                    Assert.Null(meter.Take(reading, out var charge));
                    charged += charge.Time.Seconds;
                    uncharged += charge.Uncharged.GpuMicroseconds;
                    exact += (long)milliGpus * lengthMs;
                    Assert.Equal(exact, meter.Used.GpuMicroseconds + uncharged);
                }

                Assert.Equal(Math.Min(60, exact / 1_000_000), charged);
                Assert.Equal(charged, meter.Used.Charged.Seconds);
                Assert.True(uncharged == 0 || exact > 60_000_000);
            });

    [Fact]
    public void Use_beyond_the_grant_is_uncharged_to_the_microsecond()
    {
        var meter = Meter();
        Assert.Null(meter.Take(new UsageReading(2_000, Noon.AddHours(-2), Noon), out var charge));
        Assert.Equal((10_000, 4_400_000_000), (charge.Time.Seconds, charge.Uncharged.GpuMicroseconds));
        Assert.Null(meter.Take(new UsageReading(1_000, Noon.AddHours(-3), Noon.AddHours(-2)), out charge));
        Assert.Equal((0, 3_600_000_000), (charge.Time.Seconds, charge.Uncharged.GpuMicroseconds));
    }

    [Fact]
    public void A_grace_extends_the_grant_in_whole_seconds_and_no_further()
    {
        var meter = Meter(Terms with { Grace = GpuTime.FromSeconds(1_000) });
        Assert.Null(meter.Take(new UsageReading(2_000, Noon.AddSeconds(-5_200), Noon), out var charge));
        Assert.Equal((10_400, 0, 400), (charge.Time.Seconds, charge.Uncharged.GpuMicroseconds, meter.TopUp.Seconds));
        Assert.Null(meter.Take(new UsageReading(1_000, Noon.AddSeconds(-7_200), Noon.AddSeconds(-6_200)), out charge));
        Assert.Equal((600, 400_000_000, 1_000), (charge.Time.Seconds, charge.Uncharged.GpuMicroseconds, meter.TopUp.Seconds));
    }

    [Fact]
    public void Use_in_a_suspension_is_uncharged_and_no_grace_covers_it()
    {
        var suspended = Terms with
        {
            Grace = GpuTime.FromSeconds(1_000),
            Suspensions = [UsageSpan.Between(Noon.AddMinutes(-50), Noon.AddMinutes(-40)), UsageSpan.Between(Noon.AddMinutes(-10), Noon)],
        };
        var meter = Meter(suspended);
        Assert.Null(meter.Take(new UsageReading(1_000, Noon.AddHours(-1), Noon), out var charge));
        Assert.Equal((2_400, 1_200_000_000, 0), (charge.Time.Seconds, charge.Uncharged.GpuMicroseconds, meter.TopUp.Seconds));
    }

    [Fact]
    public void Use_in_an_outage_is_excused_also_in_a_suspension()
    {
        var terms = Terms with
        {
            Suspensions = [UsageSpan.Between(Noon.AddMinutes(-30), Noon.AddMinutes(-10))],
            Outages = [UsageSpan.Between(Noon.AddMinutes(-20), Noon), UsageSpan.Between(Noon.AddMinutes(-25), Noon.AddMinutes(-15))],
        };
        Assert.Null(Meter(terms).Take(new UsageReading(1_000, Noon.AddHours(-1), Noon), out var charge));
        Assert.Equal(
            (1_800, 300_000_000, 1_500_000_000),
            (charge.Time.Seconds, charge.Uncharged.GpuMicroseconds, charge.Excused.GpuMicroseconds)
        );
        Assert.Equal(1_800_000_000, charge.Free.GpuMicroseconds);
    }

    /// <summary>The model walks through the milliseconds one by one, and knows neither spans nor sums.</summary>
    [Fact]
    public void Each_millisecond_is_charged_while_the_grant_lasts_and_is_not_suspended() =>
        Gen.Select(Gen.Select(Gen.Int[1, 900], Gen.Int[0, 20], Gen.Int[0, 20]).Array[0, 12], Gen.Int[0, 20].Array[4], Gen.Int[0, 3])
            .Sample(
                (records, marks, grace) =>
                {
                    // A millisecond of the model is a second of the meter.
                    var start = Noon.AddHours(-1);
                    int[] edges = [.. marks.Order()];
                    UsageSpan Span(int from, int to) => UsageSpan.Between(start.AddSeconds(from), start.AddSeconds(to));
                    var terms = Terms with
                    {
                        Gpus = 100,
                        Most = GpuTime.FromSeconds(8),
                        Grace = GpuTime.FromSeconds(grace),
                        Suspensions = [Span(edges[0], edges[1]), Span(edges[2], edges[3])],
                    };
                    var (usable, all, uncharged) = (0L, 0L, 0L);
                    var meter = Meter(terms);
                    foreach (var (milliGpus, one, other) in records.Where(record => record.Item2 != record.Item3))
                    {
                        var (from, to) = (Math.Min(one, other), Math.Max(one, other));
                        var reading = new UsageReading(milliGpus, start.AddSeconds(from), start.AddSeconds(to));
                        Assert.Null(meter.Take(reading, out var charge));
                        uncharged += charge.Uncharged.GpuMicroseconds;
                        for (var second = from; second < to; second++)
                        {
                            var stopped = (edges[0] <= second && second < edges[1]) || (edges[2] <= second && second < edges[3]);
                            usable += stopped ? 0 : milliGpus * 1_000L;
                            all += milliGpus * 1_000L;
                        }
                    }

                    Assert.Equal(all, meter.Used.GpuMicroseconds + uncharged);
                    Assert.Equal(Math.Min(usable / 1_000_000, 8 + grace), meter.Used.Charged.Seconds);
                    Assert.InRange(meter.TopUp.Seconds, 0, grace);
                    Assert.True(meter.Used.Charged.Seconds <= 8 + meter.TopUp.Seconds);
                }
            );

    private static IEnumerable<int> Parts(int milliGpus, int parts)
    {
        for (var i = 0; i < parts; i++)
            if ((milliGpus / parts) + (i < milliGpus % parts ? 1 : 0) is > 0 and var part)
                yield return part;
    }

    private static long Charged(int milliGpus, DateTimeOffset from, DateTimeOffset to)
    {
        Assert.Null(Meter().Take(new UsageReading(milliGpus, from, to), out var charge));
        return charge.Time.Seconds;
    }

    private static UsageMeter Meter(UsageTerms? terms = null, DateTimeOffset? at = null) =>
        new(terms ?? Terms, default, new UsageProfile(), at ?? Noon);
}
