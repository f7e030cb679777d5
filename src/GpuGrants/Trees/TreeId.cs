namespace GpuGrants.Trees;

/// <summary>
/// Which tree: what is locked and decided as one. A root programme has a tree with all below it. An organization, a member, a person and a
/// partner have one in which the platform's rules count them. A limit that an organization set for itself counts in the organization's.
/// What belongs to no programme is in the platform's.
/// </summary>
public readonly record struct TreeId
{
    private TreeId(Guid value) => Value = value;

    /// <summary>The platform's tree: organizations, principals, providers, GPU models, and rules that count everybody together.</summary>
    public static TreeId Platform => default;

    /// <summary>As rows store it, in the column <c>root_programme_id</c>: the id of the root programme or the subject.</summary>
    public Guid Value { get; }

    /// <summary>Whether it is the tree of what belongs to no programme.</summary>
    public bool IsPlatform => Value == default;

    /// <summary>The tree whose rows carry this id.</summary>
    public static TreeId Of(Guid stored) => new(stored);

    /// <summary>For logs.</summary>
    public override string ToString() => IsPlatform ? "platform" : Value.ToString();
}
