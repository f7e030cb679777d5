using System.Globalization;

namespace GpuGrants.Requests;

/// <summary>Moments as reasons state them.</summary>
internal static class Moments
{
    /// <summary>To the minute, in UTC.</summary>
    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
