namespace GpuGrants.Quotas.Deciding;

/// <summary>The fold of all matching rules. The order is the fold's: the greatest wins.</summary>
public enum QuotaVerdict
{
    /// <summary>Granted at once.</summary>
    Approve,

    /// <summary>A person decides.</summary>
    Review,

    /// <summary>Denied: no person can approve it as it is.</summary>
    Deny,
}
