namespace GpuGrants.Trees;

/// <summary>
/// Which tree: what is locked and decided as one. A root programme has a tree with all below it. An organization or a partner has one in
/// which the platform's rules count it. What belongs to no programme is in the platform's.
/// </summary>
/// <remarks>Trees sort by id. Whoever locks several locks them in this order, the platform's first.</remarks>
public readonly record struct TreeId : IComparable<TreeId>
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

    /// <summary>In PostgreSQL's order of UUIDs, so that a lock taken by SQL and one taken in memory agree.</summary>
    public int CompareTo(TreeId other)
    {
        Span<byte> mine = stackalloc byte[16];
        Span<byte> others = stackalloc byte[16];
        Value.TryWriteBytes(mine, bigEndian: true, out _);
        other.Value.TryWriteBytes(others, bigEndian: true, out _);
        return mine.SequenceCompareTo(others);
    }

    /// <summary>For logs.</summary>
    public override string ToString() => IsPlatform ? "platform" : Value.ToString();

    /// <summary>Whether the left is less.</summary>
    public static bool operator <(TreeId left, TreeId right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left is more.</summary>
    public static bool operator >(TreeId left, TreeId right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left is at most the right.</summary>
    public static bool operator <=(TreeId left, TreeId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left is at least the right.</summary>
    public static bool operator >=(TreeId left, TreeId right) => left.CompareTo(right) >= 0;
}
