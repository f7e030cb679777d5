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

/// <summary>How documents write amounts of a unit.</summary>
public static class QuotaUnits
{
    /// <summary>The greatest limit, in any unit: far above any real amount, far below where sums of counters overflow.</summary>
    public const long MaxLimit = long.MaxValue / 8;

    /// <summary>The JSON member that names the unit, such as <c>gpuHours</c> in <c>{"gpuHours":"20"}</c>.</summary>
    /// <returns>A name in camelCase, as all members have.</returns>
    public static string Member(this QuotaUnit unit) =>
        unit switch
        {
            QuotaUnit.GpuHours => "gpuHours",
            QuotaUnit.Credits => "credits",
            _ => "count",
        };
}
