namespace GpuGrants.Quotas.Policies;

/// <summary>What happened to a rule between two versions of a policy.</summary>
public enum RuleChangeKind
{
    Added,
    Removed,
    Changed,
}
