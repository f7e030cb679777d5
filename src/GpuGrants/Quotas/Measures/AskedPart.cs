namespace GpuGrants.Quotas.Measures;

/// <summary>What an ask would add. The least comes last.</summary>
public enum AskedPart
{
    /// <summary>A grant with its GPUs and its time.</summary>
    Grant,

    /// <summary>Time for a grant that exists. It is neither another grant nor more GPUs.</summary>
    Time,

    /// <summary>Other dates for what was granted. Only limits on use look at them.</summary>
    Dates,
}
