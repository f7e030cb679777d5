namespace GpuGrants.Tool.Replay;

/// <summary>What a replay says of the service as a whole.</summary>
/// <param name="Utilisation">GPU time used, as a part of all that the nodes could give while the trace lasted.</param>
/// <param name="DecidedByRules">Requests that rules approved or denied, as a part of all.</param>
/// <param name="Fairness">
/// Jain's index over the organizations that asked: what each received, divided by its max-min fair share of that.
/// </param>
public sealed record ReplaySummary(double Utilisation, double DecidedByRules, double Fairness)
{
    /// <summary>Sums up a tally.</summary>
    /// <param name="tally">All answers.</param>
    /// <param name="capacityGpuSeconds">What the nodes could give while the trace lasted.</param>
    public static ReplaySummary Of(Tally tally, long capacityGpuSeconds)
    {
        var organizations = tally.Organizations.Where(one => one.AskedGpuSeconds > 0).ToList();
        var shares = FairShares.MaxMin([.. organizations.Select(one => one.AskedGpuSeconds)], capacityGpuSeconds);
        var (asked, referred) = (tally.Models.Sum(one => one.Asked.Count), tally.Models.Sum(one => one.Referred.Count));
        return new ReplaySummary(
            capacityGpuSeconds == 0 ? 0 : (double)tally.Models.Sum(one => one.Used.GpuSeconds) / capacityGpuSeconds,
            asked == 0 ? 1 : (double)(asked - referred) / asked,
            FairShares.Jain([.. organizations.Zip(shares, (one, share) => share == 0 ? 0 : one.ReceivedGpuSeconds / share)])
        );
    }
}
