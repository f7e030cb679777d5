namespace GpuGrants.Quotas.Sharing;

/// <summary>How one amount is shared between programmes, as a tree of nodes.</summary>
public sealed record QuotaSharing
{
    /// <summary>From 1 to 100 programmes, of which one is the root.</summary>
    public required IReadOnlyList<ShareNode> Nodes { get; init; }
}
