namespace GpuGrants.Quotas.Measures;

/// <summary>The unit of a measure's whole numbers.</summary>
public enum QuotaUnit
{
    /// <summary>GPU-seconds; decimal GPU-hours in documents.</summary>
    GpuHours,

    /// <summary>1/3,600,000 credit; decimal credits in documents.</summary>
    Credits,

    /// <summary>Things counted one by one.</summary>
    Count,
}
