namespace GpuGrants.Quotas.Policies;

/// <summary>How many people must agree, and in which roles; no role named means any reviewer.</summary>
public sealed record ApprovalNeed(int Count, IReadOnlyList<string> By)
{
    /// <summary>The roles that review; administrators of the platform may always.</summary>
    public static IReadOnlyList<string> Roles { get; } = ["programme-administrator", "programme-reviewer"];

    /// <summary>One reviewer of any role.</summary>
    public static ApprovalNeed One { get; } = new(1, []);

    /// <summary>Nobody.</summary>
    public static ApprovalNeed None { get; } = new(0, []);

    /// <summary>
    /// The need that satisfies both: the greater count, by people whom both accept. When no role is accepted by both, the roles of the
    /// stricter one decide, since a request that nobody may approve would help no one.
    /// </summary>
    public ApprovalNeed And(ApprovalNeed other)
    {
        if (Count == 0)
            return other;
        if (other.Count == 0)
            return this;
        var stricter = other.Count > Count ? other : this;
        if (By.Count == 0 || other.By.Count == 0)
            return new ApprovalNeed(stricter.Count, By.Count == 0 ? other.By : By);
        string[] both = [.. By.Intersect(other.By, StringComparer.Ordinal)];
        return new ApprovalNeed(stricter.Count, both.Length == 0 ? stricter.By : both);
    }
}
