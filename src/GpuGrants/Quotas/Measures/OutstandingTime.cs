namespace GpuGrants.Quotas.Measures;

/// <summary>GPU time that was promised and is neither used nor returned.</summary>
/// <param name="Seconds">GPU-seconds, 0 or more.</param>
/// <param name="Gpus">The most GPUs at one instant.</param>
/// <param name="FromMs">From when it may be used, in milliseconds since 1970 UTC.</param>
/// <param name="ToMs">Until when, not included.</param>
public readonly record struct OutstandingTime(long Seconds, int Gpus, long FromMs, long ToMs)
{
    /// <summary>The time of a grant with this life.</summary>
    public static OutstandingTime Of(GrantLife life, long seconds) =>
        new(seconds, life.Gpus, life.From.ToUnixTimeMilliseconds(), CeilingMs(life.To));

    /// <summary>The most of it that can be used between two instants.</summary>
    /// <returns>GPU-seconds, rounded up.</returns>
    public long MostWithin(long fromMs, long toMs)
    {
        var lengthMs = Math.Min(toMs, ToMs) - Math.Max(fromMs, FromMs);
        return lengthMs <= 0 ? 0 : (long)Int128.Min(Seconds, (((Int128)lengthMs * Gpus) + 999) / 1_000);
    }

    /// <summary>The most of it that can be used in any stretch of the length.</summary>
    /// <returns>GPU-seconds, rounded up.</returns>
    public long MostIn(long lengthMs) => MostWithin(FromMs, lengthMs < ToMs - FromMs ? FromMs + lengthMs : ToMs);

    private static long CeilingMs(DateTimeOffset moment) =>
        moment.ToUnixTimeMilliseconds() + (moment.UtcTicks % TimeSpan.TicksPerMillisecond == 0 ? 0 : 1);
}
