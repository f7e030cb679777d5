using GpuGrants.Calendars;
using NodaTime;

namespace GpuGrants.Tests.Quotas;

/// <summary>One thing that counts for one subject of one rule.</summary>
internal readonly record struct Counted(DateTimeOffset At, DateTimeOffset CountsAt, long Used, long Held);

/// <summary>Counts a window from the whole history, by the plain meaning of the window.</summary>
internal static class NaiveCount
{
    /// <summary>Whether what counted at one instant counts at another, in a window that no history is needed for.</summary>
    public static bool IsSameWindow(QuotaWindow window, string zone, DateTimeOffset countsAt, DateTimeOffset now) =>
        window switch
        {
            CalendarWindow calendar => Name(calendar, zone, countsAt) == Name(calendar, zone, now),
            AnchoredWindow anchored => NaivePeriods.Of(anchored, zone, countsAt) == NaivePeriods.Of(anchored, zone, now),
            RollingWindow rolling => BucketEnd(rolling, countsAt) + rolling.Duration > now,
            _ => true,
        };

    public static (long Used, long Held) Sum(IEnumerable<Counted> history) =>
        history.Aggregate((Used: 0L, Held: 0L), (sum, one) => (sum.Used + one.Used, sum.Held + one.Held));

    /// <summary>What counts at the moment in windows that begin with the first thing counted.</summary>
    public static IEnumerable<Counted> FirstUse(IReadOnlyList<Counted> history, TimeSpan duration, DateTimeOffset now)
    {
        var windows = new List<DateTimeOffset>();
        foreach (var one in history.Where(one => one.Used > 0 || one.Held > 0))
        {
            if (windows.Count == 0 || one.CountsAt >= windows[^1] + duration)
                windows.Add(one.CountsAt);
        }

        var open = windows.Where(start => start <= now && now < start + duration).ToList();
        return open.Count == 0 ? [] : history.Where(one => open[0] <= one.CountsAt && one.CountsAt < open[0] + duration);
    }

    /// <summary>What the windows before this one left, one after the other, each by the limit with which it closed.</summary>
    public static long Carried(
        IReadOnlyList<Counted> history,
        QuotaWindow window,
        string zone,
        Func<DateTimeOffset, long?> limitAt,
        DateTimeOffset now
    )
    {
        if (window is not CyclicWindow { CarryOver: { } rule })
            return 0;
        Cycle cycle = window switch
        {
            CalendarWindow calendar => CalendarWindows.Of(calendar.Unit, zone),
            AnchoredWindow anchored => new AnchoredPeriods(anchored.Anchor, anchored.Length, zone),
            _ => throw new InvalidOperationException($"{window} carries nothing over."),
        };
        var spans = new Stack<CalendarSpan>();
        for (var at = cycle.At(now.ToUnixTimeMilliseconds()).StartMs; spans.Count < CarryOver.MaxWindows; at = spans.Peek().StartMs)
        {
            spans.Push(cycle.At(at - 1));
        }

        return spans.Aggregate(
            0L,
            (carried, span) =>
            {
                var (used, held) = Sum(history.Where(one => span.Contains(one.CountsAt.ToUnixTimeMilliseconds())));
                return limitAt(DateTimeOffset.FromUnixTimeMilliseconds(span.EndMs - 1)) is { } limit
                    ? Math.Min(rule.Max, Math.Max(rule.Min, limit + carried - used - held))
                    : 0;
            }
        );
    }

    private static DateTimeOffset BucketEnd(RollingWindow window, DateTimeOffset at)
    {
        var resolution = (long)window.EffectiveResolution.TotalMilliseconds;
        var bucket = at.ToUnixTimeMilliseconds() / resolution;
        return DateTimeOffset.FromUnixTimeMilliseconds((bucket + 1) * resolution);
    }

    private static string Name(CalendarWindow window, string zone, DateTimeOffset at)
    {
        var local = Instant.FromDateTimeOffset(at).InZone(DateTimeZoneProviders.Tzdb[zone]);
        var date = local.Date;
        return window.Unit switch
        {
            CalendarUnit.Hour => $"{date} {local.Hour} {local.Offset}",
            CalendarUnit.Day => $"{date}",
            CalendarUnit.Week => $"{date.PlusDays(1 - (int)date.DayOfWeek)}",
            CalendarUnit.Month => $"{date.Year}-{date.Month}",
            CalendarUnit.Quarter => $"{date.Year}-{(date.Month + 2) / 3}",
            _ => $"{date.Year}",
        };
    }
}
