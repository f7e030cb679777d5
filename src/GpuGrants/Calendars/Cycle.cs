using NodaTime;

namespace GpuGrants.Calendars;

/// <summary>
/// Windows that follow one another by the wall clock of a time zone. They cover all of time without gap or overlap, whatever the zone's
/// clock
/// does: a day may last 23 or 25 hours, and a day that a zone skipped has no instant at all. Safe to use from many threads.
/// </summary>
public abstract class Cycle
{
    // Cached, because nearly every question is about the present window and time zone arithmetic costs more than the rest of a decision.
    private volatile CalendarSpan? _last;

    private protected Cycle(string timeZone) =>
        Zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(timeZone) ?? throw new ArgumentException(UnknownZone(timeZone), nameof(timeZone));

    private protected DateTimeZone Zone { get; }

    /// <summary>Whether the time zone database knows the zone.</summary>
    /// <param name="timeZone">An IANA name, such as Asia/Seoul.</param>
    public static bool Knows(string timeZone) => DateTimeZoneProviders.Tzdb.GetZoneOrNull(timeZone) is not null;

    /// <summary>What to tell whoever names an unknown zone.</summary>
    public static string UnknownZone(string timeZone) =>
        $"The time zone '{timeZone}' is unknown. Use a name of the IANA database, such as Asia/Seoul.";

    /// <summary>The window that contains the instant.</summary>
    /// <param name="ms">Milliseconds since 1970 UTC.</param>
    /// <returns>A window with at least one instant.</returns>
    public CalendarSpan At(long ms)
    {
        var last = _last;
        if (last is not null && last.Contains(ms))
            return last;
        return _last = Find(Instant.FromUnixTimeMilliseconds(ms));
    }

    private protected abstract CalendarSpan Find(Instant instant);

    /// <summary>
    /// The first instant whose date is not before <paramref name="date"/>: also defined where midnight, or the whole day, was skipped.
    /// </summary>
    private protected Instant StartOf(LocalDate date)
    {
        var midnight = Zone.MapLocal(date.AtMidnight());
        return midnight.Count == 0 ? midnight.LateInterval.Start : midnight.First().ToInstant();
    }

    private protected static CalendarSpan Span(Instant start, Instant end) =>
        new(start.ToUnixTimeMilliseconds(), end.ToUnixTimeMilliseconds());
}
