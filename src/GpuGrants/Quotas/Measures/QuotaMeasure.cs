namespace GpuGrants.Quotas.Measures;

/// <summary>What a rule counts.</summary>
public enum QuotaMeasure
{
    /// <summary>GPU-seconds awarded, with those held for a review.</summary>
    GpuHoursGranted,

    /// <summary>Credits awarded, in 1/3,600,000 credit, with those held for a review.</summary>
    CreditsGranted,

    /// <summary>GPU-seconds that providers reported as used. A new request counts with its full amount until usage is reported.</summary>
    GpuHoursUsed,

    /// <summary>Grants that have not ended, with requests that hold one for a review.</summary>
    ActiveGrants,

    /// <summary>Grants awarded, ended or not.</summary>
    GrantsAwarded,

    /// <summary>GPUs that active grants may run at one time.</summary>
    ConcurrentGpus,

    /// <summary>Requests that wait for a decision.</summary>
    OpenRequests,

    /// <summary>Requests made, whatever became of them.</summary>
    RequestsMade,
}
