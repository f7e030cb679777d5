namespace GpuGrants.Quotas.Sharing;

/// <summary>How one amount is shared between programmes, as a tree of nodes.</summary>
public sealed record QuotaSharing
{
    public required IReadOnlyList<ShareNode> Nodes { get; init; }
}
