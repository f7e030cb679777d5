using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>What stays reserved when a grant ends, for usage that its provider has not reported yet.</summary>
public static class Settlement
{
    /// <summary>The longest settlement period of an offer.</summary>
    public const int MaxHours = 720;

    /// <summary>The settlement period of offers that state none.</summary>
    public const int DefaultHours = 24;

    /// <summary>
    /// The most that records up to the end can still charge: what the GPUs can have used until then, at most what is left, without what was
    /// reported.
    /// </summary>
    /// <param name="terms">The grant's terms, with the end of its use.</param>
    /// <param name="used">The exact sum of all records so far.</param>
    /// <returns>Whole GPU-seconds; nothing for a grant that ends before it starts.</returns>
    public static GpuTime Reserved(UsageTerms terms, MeteredTime used)
    {
        var exact = (Int128)terms.Gpus * UsageReading.MilliPerGpu * terms.UsableMs(terms.Life);
        var possible = exact / MeteredTime.MicrosecondsPerSecond;
        var most = possible < terms.Most.Seconds ? (long)possible : terms.Most.Seconds;
        return GpuTime.FromSeconds(Math.Max(0, most - used.Charged.Seconds));
    }
}
