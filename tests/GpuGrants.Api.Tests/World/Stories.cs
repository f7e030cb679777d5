using System.Globalization;

namespace GpuGrants.Api.Tests.World;

/// <summary>
/// Seeds of stories that tests tell at random. One is told in every run; <c>GPUGRANTS_TEST_LIVES</c> says how many new ones to search, and
/// each that fails prints its seed.
/// </summary>
public static class Stories
{
    /// <summary>As many new seeds as are asked for: none, unless somebody searches.</summary>
    public static IEnumerable<int> New => Enumerable.Range(0, Count).Select(_ => Random.Shared.Next());

    private static int Count =>
        Environment.GetEnvironmentVariable("GPUGRANTS_TEST_LIVES") is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : 0;

    /// <summary>The one of every run, and the new ones.</summary>
    public static TheoryData<int> From(int seed) => [seed, .. New];
}
