namespace GpuGrants.Quotas.Policies;

/// <summary>What happens to a request that a rule's limit does not allow.</summary>
public enum BreachOutcome
{
    /// <summary>The request is refused.</summary>
    Deny,

    /// <summary>People decide.</summary>
    Review,

    /// <summary>Counted and reported, never enforced.</summary>
    Shadow,
}
