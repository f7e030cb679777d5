namespace GpuGrants.Quotas.Windows;

/// <summary>What the windows of a fixed duration share: its bounds, and its words.</summary>
internal static class DurationRules
{
    public static void Check(TimeSpan duration, Action<string, string, string> add)
    {
        if (duration < TimeSpan.FromSeconds(1) || duration > TimeSpan.FromDays(3_660))
            add("window.duration", "invalid-duration", "A duration lasts from one second to ten years.");
    }

    /// <summary>Such as <c>1 day 12 hours</c>.</summary>
    public static string English(TimeSpan duration)
    {
        static Func<long, string> Count(string unit) => count => count == 1 ? $"1 {unit}" : $"{count} {unit}s";
        return Parts(duration, Count("day"), Count("hour"), Count("minute"), Count("second"));
    }

    /// <summary>Such as <c>1일 12시간</c>.</summary>
    public static string Korean(TimeSpan duration) => Parts(duration, n => $"{n}일", n => $"{n}시간", n => $"{n}분", n => $"{n}초");

    /// <summary>The parts that are not zero, joined by blanks.</summary>
    private static string Parts(
        TimeSpan duration,
        Func<long, string> days,
        Func<long, string> hours,
        Func<long, string> minutes,
        Func<long, string> seconds
    )
    {
        var parts = new List<string>(4);
        if (duration.Days > 0)
            parts.Add(days(duration.Days));
        if (duration.Hours > 0)
            parts.Add(hours(duration.Hours));
        if (duration.Minutes > 0)
            parts.Add(minutes(duration.Minutes));
        if (duration.Seconds > 0 || parts.Count == 0)
            parts.Add(seconds(duration.Seconds));
        return string.Join(' ', parts);
    }
}
