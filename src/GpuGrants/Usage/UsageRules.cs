using System.Globalization;

namespace GpuGrants.Usage;

/// <summary>Which usage records a grant takes.</summary>
public static class UsageRules
{
    /// <summary>A provider's clock may be ahead of ours by this much.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Null when the reading may be charged to the grant, else the first reason against it.</summary>
    public static UsageRefusal? Check(UsageReading reading, UsageTerms terms, DateTimeOffset at)
    {
        if (!terms.IsActive)
            return new("grant-not-active", "grantId", "The grant is closed, revoked or expired. Usage can no longer be charged to it.");
        if (reading.EndedAt > at + ClockTolerance)
            return new(
                "usage-in-future",
                "endedAt",
                $"The usage ends in the future: the service's clock shows {Text(at)}. Correct endedAt."
            );
        if (reading.StartedAt < terms.StartsAt)
            return new("usage-before-grant", "startedAt", $"The grant starts at {Text(terms.StartsAt)}. Report usage from then on.");
        if (reading.EndedAt > terms.ExpiresAt)
            return new("usage-after-grant", "endedAt", $"The grant expires at {Text(terms.ExpiresAt)}. Report usage up to then.");
        if (IsMoreThanGpusCanUse(reading, terms.Gpus))
            return new(
                "usage-exceeds-gpus",
                "gpuSeconds",
                $"{terms.Gpus} GPUs cannot use that much between startedAt and endedAt. Correct gpuSeconds or the two times."
            );
        if (reading.Time > terms.Remaining)
            return new(
                "usage-exceeds-grant",
                "gpuSeconds",
                $"The grant has {terms.Remaining.Seconds} GPU-seconds left. Report at most that."
            );
        return null;
    }

    private static bool IsMoreThanGpusCanUse(UsageReading reading, int gpus)
    {
        var wholeSeconds = (long)Math.Ceiling((reading.EndedAt - reading.StartedAt).TotalSeconds);
        return (Int128)reading.Time.Seconds > (Int128)wholeSeconds * gpus;
    }

    private static string Text(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
