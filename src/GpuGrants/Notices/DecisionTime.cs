namespace GpuGrants.Notices;

/// <summary>By when a person should have decided on a request.</summary>
public static class DecisionTime
{
    /// <summary>The middle of the time for which the request holds what it asked for: then there is time left to remind somebody.</summary>
    /// <param name="since">When the request began to wait.</param>
    /// <param name="holdExpiresAt">When its hold ends, not before <paramref name="since"/>.</param>
    /// <returns>The expected time of the decision.</returns>
    public static DateTimeOffset Expected(DateTimeOffset since, DateTimeOffset holdExpiresAt) => since + ((holdExpiresAt - since) / 2);
}
