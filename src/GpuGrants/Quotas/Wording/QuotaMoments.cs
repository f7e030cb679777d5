using System.Globalization;
using NodaTime;

namespace GpuGrants.Quotas.Wording;

/// <summary>Moments as people read them: on the wall clock by which the rule counts.</summary>
internal static class QuotaMoments
{
    /// <summary>
    /// Such as <c>2026-04-01 00:00 (Asia/Seoul)</c>: in the zone of a calendar rule, else in UTC. Seconds are shown when there are any.
    /// </summary>
    public static string Write(DateTimeOffset at, RuleSignature signature)
    {
        // A person who comes back at the written moment must not be early: fractions of a second go up.
        var instant = Instant.FromUnixTimeSeconds((long)Math.Ceiling(at.ToUnixTimeMilliseconds() / 1_000m));
        var zone = signature.TimeZone is { } name ? DateTimeZoneProviders.Tzdb[name] : DateTimeZone.Utc;
        var local = instant.InZone(zone).LocalDateTime;
        var pattern = local.Second == 0 ? "yyyy-MM-dd HH:mm" : "yyyy-MM-dd HH:mm:ss";
        return local.ToString(pattern, CultureInfo.InvariantCulture) + (signature.TimeZone is null ? " UTC" : $" ({zone.Id})");
    }
}
