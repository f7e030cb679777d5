using System.Globalization;

namespace GpuGrants.Requests;

/// <summary>Moments in sentences about requests.</summary>
internal static class Moments
{
    /// <summary>To the minute, in UTC, and saying so: a reader may be in any time zone.</summary>
    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
