using System.Globalization;

namespace GpuGrants.Api.Tests.Lives;

/// <summary>Lives that nobody has seen yet.</summary>
internal static class NewLives
{
    /// <summary>Seeds of new lives, as many as <c>GPUGRANTS_TEST_LIVES</c> says; none otherwise.</summary>
    public static IEnumerable<int> Seeds =>
        Enumerable
            .Range(
                0,
                Environment.GetEnvironmentVariable("GPUGRANTS_TEST_LIVES") is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : 0
            )
            .Select(_ => Random.Shared.Next());
}
