namespace GpuGrants.Quotas.Windows;

/// <summary>Over which stretch of time a rule counts.</summary>
public enum WindowKind
{
    /// <summary>The request alone: nothing is remembered.</summary>
    PerRequest,

    /// <summary>What exists at this moment.</summary>
    Concurrent,

    /// <summary>All that ever was.</summary>
    Lifetime,

    /// <summary>A calendar unit in a time zone.</summary>
    Calendar,

    /// <summary>A fixed duration that begins with the first thing counted, and again with the first after it ended.</summary>
    FirstUse,

    /// <summary>The duration before every moment.</summary>
    Rolling,
}
