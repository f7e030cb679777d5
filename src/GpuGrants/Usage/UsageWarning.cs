using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>When the people of a grant hear that it is nearly used up or nearly over.</summary>
public static class UsageWarning
{
    /// <summary>The shares of a grant, in percent, at which a warning is due.</summary>
    public static IReadOnlyList<int> Percents { get; } = [50, 80, 95, 100];

    /// <summary>Grants are warned of at most this long before they expire.</summary>
    public static readonly TimeSpan LongestNotice = TimeSpan.FromHours(72);

    /// <summary>The highest share that use has reached by growing.</summary>
    /// <param name="before">What was used before.</param>
    /// <param name="after">What is used now.</param>
    /// <param name="granted">The whole grant.</param>
    /// <returns>Null when no share was reached that had not been reached before.</returns>
    public static int? Reached(GpuTime before, GpuTime after, GpuTime granted)
    {
        foreach (var percent in Percents.Reverse())
        {
            var share = (Int128)granted.Seconds * percent;
            if ((Int128)after.Seconds * 100 >= share)
                return (Int128)before.Seconds * 100 < share ? percent : null;
        }

        return null;
    }

    /// <summary>
    /// When a warning of the expiry is due: <see cref="LongestNotice"/> before it, and in the last quarter of a shorter grant.
    /// </summary>
    public static DateTimeOffset NoticeAt(DateTimeOffset startsAt, DateTimeOffset expiresAt)
    {
        var quarter = (expiresAt - startsAt) / 4;
        return expiresAt - (quarter < LongestNotice ? quarter : LongestNotice);
    }
}
