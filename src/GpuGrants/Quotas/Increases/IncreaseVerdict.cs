namespace GpuGrants.Quotas.Increases;

/// <summary>What rules say to a request for a higher limit.</summary>
public enum IncreaseVerdict
{
    Approve,

    /// <summary>A person decides.</summary>
    Review,

    /// <summary>It cannot be granted as it was asked, by nobody.</summary>
    Refuse,
}
