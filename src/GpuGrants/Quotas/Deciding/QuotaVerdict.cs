namespace GpuGrants.Quotas.Deciding;

/// <summary>The fold of all matching rules. The order is the fold's: the greatest wins.</summary>
public enum QuotaVerdict
{
    Approve,
    Review,
    Deny,
}
