using System.Globalization;

namespace GpuGrants.Api.Tests.Lives;

/// <summary>Lives and other stories at random that are searched for on demand, beside those that every run tells.</summary>
public static class NewLives
{
    /// <summary>Seeds of new lives, as many as <c>GPUGRANTS_TEST_LIVES</c> says; none otherwise.</summary>
    public static IEnumerable<int> Seeds =>
        Enumerable
            .Range(
                0,
                Environment.GetEnvironmentVariable("GPUGRANTS_TEST_LIVES") is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : 0
            )
            .Select(_ => Random.Shared.Next());

    /// <summary>The one of every run, and the new ones.</summary>
    public static TheoryData<int> And(int seed) => [seed, .. Seeds];
}
