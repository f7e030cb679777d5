namespace GpuGrants.Quotas.Increases;

/// <summary>What rules say to a request for a higher limit.</summary>
public enum IncreaseVerdict
{
    /// <summary>Raised at once.</summary>
    Approve,

    /// <summary>A person decides.</summary>
    Review,

    /// <summary>Nobody can grant it as asked.</summary>
    Refuse,
}
