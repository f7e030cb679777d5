using CsCheck;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Usage;

public class UsageCorrectionTests
{
    private const int Milliseconds = 12;
    private const int MilliGpus = 1_000;

    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly UsageTerms Terms = new(true, Noon.AddHours(-10), Noon.AddDays(10), Gpus: 1, GpuTime.FromSeconds(10_000));

    [Fact]
    public void A_correction_replaces_what_a_record_used()
    {
        var meter = new UsageMeter(Terms, default, new UsageProfile(), Noon);
        Assert.Null(meter.Take(new UsageReading(1_000, Noon.AddHours(-2), Noon.AddHours(-1)), out var charge));
        Assert.Null(meter.Replace(charge.Span, 1_000, default, new UsageReading(500, Noon.AddHours(-2), Noon), out var now));
        Assert.Equal(3_600, meter.Used.Charged.Seconds);
        Assert.Equal(Noon, now.Span.EndedAt);
    }

    [Fact]
    public void A_voided_record_leaves_its_time_to_others()
    {
        var meter = new UsageMeter(Terms, default, new UsageProfile(), Noon);
        var reading = new UsageReading(1_000, Noon.AddHours(-2), Noon.AddHours(-1));
        Assert.Null(meter.Take(reading, out var charge));
        Assert.Null(meter.Replace(charge.Span, 1_000, default, null, out _));
        Assert.Equal(0, meter.Used.GpuMicroseconds);
        Assert.Null(meter.Take(reading, out _));
    }

    /// <summary>The model counts every millisecond anew for every question.</summary>
    [Fact]
    public void Corrections_keep_the_exact_sum_and_the_grants_gpus_at_every_millisecond() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, Milliseconds], Gen.Int[0, Milliseconds], Gen.Int[1, MilliGpus])
            .Array[1, 30]
            .Sample(steps =>
            {
                var meter = new UsageMeter(Terms, default, new UsageProfile(), Noon);
                var live = new List<(int From, int To, int MilliGpus)>();
                foreach (var (kind, place, one, other, milliGpus) in steps)
                {
                    var next = (From: Math.Min(one, other), To: Math.Max(one, other), MilliGpus: milliGpus);
                    var at = live.Count == 0 ? -1 : place % live.Count;
                    var isVoid = kind == 0 && at >= 0;
                    List<(int From, int To, int MilliGpus)> rest = [.. live];
                    if (kind <= 1 && at >= 0)
                        rest.RemoveAt(at);
                    List<(int From, int To, int MilliGpus)> wanted = isVoid ? rest : [.. rest, next];
                    var fits =
                        isVoid || (next.From < next.To && Enumerable.Range(0, Milliseconds).All(ms => UsedAt(wanted, ms) <= MilliGpus));
                    var refusal =
                        kind <= 1 && at >= 0
                            ? meter.Replace(Span(live[at]), live[at].MilliGpus, default, isVoid ? null : Reading(next), out _)
                            : meter.Take(Reading(next), out _);
                    Assert.Equal(fits, refusal is null);
                    live = fits ? wanted : live;
                    Assert.Equal(Enumerable.Range(0, Milliseconds).Sum(ms => (long)UsedAt(live, ms)), meter.Used.GpuMicroseconds);
                }
            });

    private static int UsedAt(IEnumerable<(int From, int To, int MilliGpus)> live, int ms) =>
        live.Where(one => one.From <= ms && ms < one.To).Sum(one => one.MilliGpus);

    private static UsageReading Reading((int From, int To, int MilliGpus) one) =>
        new(one.MilliGpus, Noon.AddHours(-1).AddMilliseconds(one.From), Noon.AddHours(-1).AddMilliseconds(one.To));

    private static UsageSpan Span((int From, int To, int MilliGpus) one) =>
        UsageSpan.Between(Noon.AddHours(-1).AddMilliseconds(one.From), Noon.AddHours(-1).AddMilliseconds(one.To));
}
