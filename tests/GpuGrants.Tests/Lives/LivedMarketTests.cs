using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Tests.Lives;

/// <summary>
/// Thousands of random lives of an offer with dated tranches and quotes, in which time passes. <c>GPUGRANTS_TEST_LIVES</c> says how many
/// new lives to search; each failure prints its seed.
/// </summary>
public sealed class LivedMarketTests
{
    private const int Steps = 60;

    [Fact]
    public void The_guard_makes_nobody_lack_more_and_refuses_nothing_that_a_schedule_serves() =>
        NewLives.Search(otherwise: 200, most: 3, Failure);

    [Theory]
    [InlineData(1155531568)]
    [InlineData(621690102)]
    public void A_life_that_failed_once_holds(int seed) => Assert.Null(Failure(seed));

    /// <summary>What was not reported yet may have been used on the GPUs that the grant had before.</summary>
    [Fact]
    public void A_grant_that_gave_back_GPUs_can_be_extended_with_all_that_it_has_left()
    {
        var start = new DateTimeOffset(2027, 3, 1, 0, 0, 0, TimeSpan.Zero);
        var (now, end) = (start.AddHours(5), start.AddHours(8));
        var grant = new GpuPromise(Guid.NewGuid(), 1, start, end, GpuTime.FromSeconds(11 * 3_600)) { MostGpus = 2 };
        var plan = new PromisePlan([new Tranche(1, 2, start, end.AddDays(1))], [grant], now);

        Assert.Equal(grant.Time, plan.MostInsteadOf(grant.Id, grant with { EndsAt = end.AddHours(1) }));
        var neverHadThem = grant with { MostGpus = 0, EndsAt = end.AddHours(1) };
        Assert.Equal(GpuTime.FromSeconds(4 * 3_600), plan.MostInsteadOf(grant.Id, neverHadThem));
    }

    private static string? Failure(int seed)
    {
        var market = new LivedMarket(new Random(seed));
        for (var step = 0; step < Steps; step++)
            if (market.Step() is { } act && WrongIn(act) is { } wrong)
                return $"Seed {seed}: {wrong}\n{string.Join('\n', market.Story)}\n{act}";
        return null;
    }

    private static string? WrongIn(Act act) =>
        act.IsDone && act.After > act.Before ? "more is promised than any schedule gives."
        : !act.IsDone && act.IsExact && act is { Before: 0, After: 0 } ? "a schedule serves what was refused."
        : null;
}
