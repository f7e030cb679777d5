using CsCheck;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Usage;

public class SettlementTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly UsageTerms Terms = new(true, Noon.AddHours(-2), Noon, Gpus: 2, GpuTime.FromSeconds(100_000));

    [Fact]
    public void What_the_gpus_can_have_used_stays_reserved() => Assert.Equal(14_400, Reserved(Terms));

    [Fact]
    public void What_was_reported_is_reserved_no_more() => Assert.Equal(14_400 - 400, Reserved(Terms, usedSeconds: 400));

    [Fact]
    public void No_more_is_reserved_than_is_left() => Assert.Equal(600, Reserved(Terms with { Most = GpuTime.FromSeconds(1_000) }, 400));

    [Fact]
    public void A_grant_that_ends_before_it_starts_reserves_nothing() =>
        Assert.Equal(0, Reserved(Terms with { StartsAt = Noon.AddDays(1) }));

    [Fact]
    public void The_reserve_always_pays_for_the_records_that_come_after_the_end() =>
        Gen.Select(Gen.Select(Gen.Int[0, 5_000], Gen.Int[1, 3_000], Gen.Int[1, 2_000]).Array[0, 20], Gen.Int[0, 20], Gen.Int[1, 12])
            .Sample(
                (records, reportedBefore, most) =>
                {
                    var terms = Terms with { StartsAt = Noon.AddSeconds(-5), Most = GpuTime.FromSeconds(most) };
                    var meter = new UsageMeter(terms, default, new UsageProfile(), Noon);
                    foreach (var record in records.Take(reportedBefore))
                        meter.Take(Reading(record), out _);
                    var reserved = Settlement.Reserved(terms, meter.Used);
                    var late = records.Skip(reportedBefore).Sum(record => Charged(meter, Reading(record)));
                    Assert.InRange(late, 0, reserved.Seconds);
                }
            );

    private static UsageReading Reading((int StartMs, int LengthMs, int MilliGpus) record) =>
        new(record.MilliGpus, Noon.AddMilliseconds(record.StartMs - 5_000), Noon.AddMilliseconds(record.StartMs - 5_000 + record.LengthMs));

    private static long Charged(UsageMeter meter, UsageReading reading) =>
        meter.Take(reading, out var charge) is null ? charge.Time.Seconds : 0;

    private static long Reserved(UsageTerms terms, long usedSeconds = 0) =>
        Settlement.Reserved(terms, MeteredTime.FromMicroseconds(usedSeconds * MeteredTime.MicrosecondsPerSecond)).Seconds;
}
