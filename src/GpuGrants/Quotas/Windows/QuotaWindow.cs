using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Windows;

/// <summary>The window of a rule.</summary>
public sealed record QuotaWindow
{
    /// <summary>Buckets that a rolling window may be divided into.</summary>
    public const int MaxBuckets = 60;

    public required WindowKind Kind { get; init; }

    /// <summary>Of a calendar window.</summary>
    public CalendarUnit? Unit { get; init; }

    /// <summary>Of a rolling window or one that starts with the first use.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>
    /// The width of a rolling window's buckets. A bucket counts until its last instant left the window, so that use may be counted for
    /// up to one resolution too long, never too short.
    /// </summary>
    public TimeSpan? Resolution { get; init; }

    /// <summary>Of a calendar window, by its IANA name; when null, the policy's.</summary>
    public string? TimeZone { get; init; }

    public CarryOver? CarryOver { get; init; }

    /// <summary>
    /// The resolution in force: the stated one, else a sixtieth of the duration, at least a second, rounded up to whole seconds.
    /// </summary>
    public TimeSpan EffectiveResolution =>
        Resolution ?? TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling((Duration ?? TimeSpan.Zero).TotalSeconds / MaxBuckets)));
}
