namespace GpuGrants.Quotas.Policies;

/// <summary>What happened to a rule between two versions of a policy.</summary>
public enum RuleChangeKind
{
    /// <summary>Only the newer document has it.</summary>
    Added,

    /// <summary>Only the older document has it.</summary>
    Removed,

    /// <summary>Both have it, with other fields.</summary>
    Changed,
}
