using NodaTime;

namespace GpuGrants.Notices;

/// <summary>The days of daily digests.</summary>
public static class DigestDay
{
    /// <summary>The latest day whose digest is due.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="timeZone">An IANA name.</param>
    /// <param name="hour">The hour of that zone's clock from which a day's digest is due, 0 to 23.</param>
    /// <returns>The local day, or the day before while the hour has not come. Where the clock skips the hour, the next counts.</returns>
    /// <exception cref="ArgumentException">The time zone database does not know the zone.</exception>
    public static DateOnly LatestDue(DateTimeOffset now, string timeZone, int hour)
    {
        var zone =
            DateTimeZoneProviders.Tzdb.GetZoneOrNull(timeZone)
            ?? throw new ArgumentException($"There is no time zone '{timeZone}'.", nameof(timeZone));
        var local = Instant.FromDateTimeOffset(now).InZone(zone).LocalDateTime;
        var day = local.Hour >= hour ? local.Date : local.Date.PlusDays(-1);
        return day.ToDateOnly();
    }
}
