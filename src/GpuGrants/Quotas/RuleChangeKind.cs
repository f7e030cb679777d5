namespace GpuGrants.Quotas;

public enum RuleChangeKind
{
    Added,
    Removed,
    Changed,
}
