using System.Globalization;

namespace GpuGrants.Tests.Lives;

/// <summary>Lives that nobody has seen yet.</summary>
internal static class NewLives
{
    /// <summary>Searches new lives for failures, as many as <c>GPUGRANTS_TEST_LIVES</c> says.</summary>
    /// <param name="otherwise">How many where it says nothing.</param>
    /// <param name="most">After how many failures the search ends.</param>
    /// <param name="failure">What fails in the life of a seed; null for nothing.</param>
    public static void Search(int otherwise, int most, Func<int, string?> failure)
    {
        var lives = Environment.GetEnvironmentVariable("GPUGRANTS_TEST_LIVES") is { } count
            ? int.Parse(count, CultureInfo.InvariantCulture)
            : otherwise;
        var failures = Enumerable.Range(0, lives).Select(_ => failure(Random.Shared.Next())).OfType<string>().Take(most).ToList();
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }
}
