using System.Globalization;

namespace GpuGrants.Tests.Lives;

/// <summary>
/// Thousands of random lives of an offer with dated tranches and quotes, in which time passes. <c>GPUGRANTS_TEST_LIVES</c> says how many
/// new lives to search; each failure prints its seed.
/// </summary>
public sealed class LivedMarketTests
{
    private const int Steps = 60;

    private static int Lives =>
        Environment.GetEnvironmentVariable("GPUGRANTS_TEST_LIVES") is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : 200;

    [Fact]
    public void The_guard_makes_nobody_lack_more_and_refuses_nothing_that_a_schedule_serves()
    {
        var failures = new List<string>();
        for (var life = 0; life < Lives && failures.Count < 3; life++)
            if (Failure(Random.Shared.Next()) is { } failure)
                failures.Add(failure);
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
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
