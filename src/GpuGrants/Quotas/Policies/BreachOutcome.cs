namespace GpuGrants.Quotas.Policies;

/// <summary>What happens to a request that a rule's limit does not allow.</summary>
public enum BreachOutcome
{
    Deny,

    /// <summary>People decide.</summary>
    Review,

    /// <summary>Counted and reported, never enforced.</summary>
    Shadow,
}
