namespace GpuGrants.Quotas.Sharing;

/// <summary>How one amount is shared between programmes, as a tree of nodes.</summary>
public sealed record QuotaSharing
{
    /// <summary>From 1 to 100 programmes, of which one is the root.</summary>
    public required IReadOnlyList<ShareNode> Nodes { get; init; }
}

/// <summary>A programme's part in a sharing. Amounts are in the measure's unit.</summary>
public sealed record ShareNode
{
    /// <summary>The programme; named once in its sharing.</summary>
    public required Guid ProgrammeId { get; init; }

    /// <summary>With whom it shares; null for the root of the sharing.</summary>
    public Guid? ParentId { get; init; }

    /// <summary>What the node brings in by itself.</summary>
    public required long Nominal { get; init; }

    /// <summary>The most it may use above what its subtree brings in; null means whatever others lend.</summary>
    public long? BorrowingLimit { get; init; }

    /// <summary>The most that it lends of what its subtree brings in; null means all of it.</summary>
    public long? LendingLimit { get; init; }
}
