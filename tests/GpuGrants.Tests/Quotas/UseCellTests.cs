using CsCheck;
using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

/// <summary>Uses that lie in one cell may be counted as one, and each may be taken back by itself.</summary>
public class UseCellTests
{
    private static readonly DateTimeOffset Noon = Quota.Noon;

    [Theory]
    [InlineData("""{"kind":"calendar","unit":"hour"}""", 15 * 60)]
    [InlineData("""{"kind":"lifetime"}""", 15 * 60)]
    [InlineData("""{"kind":"rolling","duration":"P30D"}""", 15 * 60)]
    [InlineData("""{"kind":"rolling","duration":"P1D"}""", 3 * 60)]
    [InlineData("""{"kind":"rolling","duration":"PT1H"}""", 60)]
    [InlineData("""{"kind":"rolling","duration":"PT1H","resolution":"PT7M"}""", 60)]
    public void A_cell_lies_in_one_bucket_of_each_rule(string window, int seconds) =>
        Assert.Equal(seconds * 1_000, Quota.Of(Policy(window), Policy("""{"kind":"calendar","unit":"month"}""")).Compiled.UseCellMs);

    [Fact]
    public void No_two_uses_are_sure_to_count_together_where_a_window_begins_with_the_first_use() =>
        Assert.Null(Quota.Of(Policy("""{"kind":"first-use","duration":"PT1H"}""")).Compiled.UseCellMs);

    [Theory]
    [InlineData("""{"kind":"calendar","unit":"hour"}""")]
    [InlineData("""{"kind":"rolling","duration":"P1D"}""")]
    [InlineData("""{"kind":"rolling","duration":"PT1H"}""")]
    [InlineData("""{"kind":"rolling","duration":"PT2H","resolution":"PT7M"}""")]
    public void Uses_of_one_cell_that_were_counted_as_one_come_back_one_by_one(string window) =>
        Gen.Select(Gen.Int[0, 3_600], Gen.Int[1, 900], Gen.Int[1, 900])
            .Array[1, 12]
            .Sample(uses =>
            {
                var quota = Quota.Of(Policy(window));
                var cell = (int)(quota.Compiled.UseCellMs!.Value / 1_000);
                var spans = uses.Select(use =>
                        (From: use.Item1, To: Math.Min(use.Item1 + use.Item2, ((use.Item1 / cell) + 1) * cell), use.Item3)
                    )
                    .Where(use => use.From < use.To)
                    .ToList();
                var at = Noon.AddHours(2);
                var life = new GrantLife(Noon, Noon.AddDays(1), 1);
                foreach (var together in spans.GroupBy(use => use.From / cell))
                    quota.Happens(
                        QuotaFact
                            .Used(at, Noon.AddSeconds(together.Max(use => use.To)), GpuTime.FromSeconds(together.Sum(use => use.Item3)))
                            .Since(Noon.AddSeconds(together.Min(use => use.From)))
                            .Of(life, Quota.Hours(24))
                    );
                foreach (var (from, to, seconds) in spans)
                    quota.Happens(
                        QuotaFact
                            .Unused(at, Noon.AddSeconds(to), GpuTime.FromSeconds(seconds))
                            .Since(Noon.AddSeconds(from))
                            .Of(life, GpuTime.Zero)
                    );
                Assert.All(quota.Counters.All, one => Assert.All(one.Value.Used, used => Assert.Equal(0, used)));
            });

    /// <summary>While no rule told hours apart, the first and the last hour of a day's use were recorded as one.</summary>
    [Fact]
    public void A_rule_that_comes_later_counts_joined_uses_evenly_and_no_bucket_falls_below_nothing_when_one_comes_back()
    {
        var quota = Quota.Of(Policy("""{"kind":"rolling","duration":"P1D","resolution":"PT1H"}"""));
        var life = new GrantLife(Noon, Noon.AddDays(1), 1);
        var at = Noon.AddHours(10);
        quota.Grant(life, 24);
        quota.Happens(QuotaFact.Used(at, at, Quota.Hours(2)).Since(Noon).Of(life, Quota.Hours(24)));
        quota.Happens(QuotaFact.Unused(at, Noon.AddHours(1), Quota.Hours(1)).Since(Noon).Of(life, Quota.Hours(22)));
        var used = Assert.Single(quota.Counters.All).Value.Used;
        // A tenth of both hours was counted in the first one, where a whole one was taken back.
        Assert.Equal(0, used[0]);
        Assert.Equal(Enumerable.Repeat(Quota.Seconds(0.2m), 9), used.Skip(1).Where(one => one > 0));
    }

    private static PublishedPolicy Policy(string window) =>
        Quota.Published(
            Quota.Document(Quota.Rule($$""" "measure":"gpu-hours-used","limit":{"gpuHours":"40"},"window":{{window}}""")),
            Guid.NewGuid()
        );
}
