namespace GpuGrants.Tests.Quotas;

/// <summary>Sharing between programmes, reckoned top-down from the words of its definition, with nothing precomputed.</summary>
internal sealed class NaiveShares(QuotaSharing sharing, Func<Guid, long> usedBy)
{
    public long Remaining(Guid programme) => Math.Max(0, Available(Node(programme)));

    /// <summary>Whether no programme uses more than its subtree brings in and may borrow, and all together no more than there is.</summary>
    public bool IsKept() =>
        sharing.Nodes.All(node =>
            node.ParentId is null
                ? Used(node) <= Quota(node)
                : node.BorrowingLimit is not { } borrowing || Used(node) <= Quota(node) + borrowing || Borrowed(node) <= borrowing
        );

    private ShareNode Node(Guid programme) => sharing.Nodes.Single(node => node.ProgrammeId == programme);

    private IEnumerable<ShareNode> Children(ShareNode node) => sharing.Nodes.Where(child => child.ParentId == node.ProgrammeId);

    /// <summary>What it brings in with its children, as far as they lend.</summary>
    private long Quota(ShareNode node) => node.Nominal + Children(node).Sum(child => Quota(child) - Kept(child));

    /// <summary>What it lends to nobody.</summary>
    private long Kept(ShareNode node) =>
        node.ParentId is not null && node.LendingLimit is { } lending ? Math.Max(0, Quota(node) - lending) : 0;

    /// <summary>Its own use and what its children use of more than they keep.</summary>
    private long Used(ShareNode node) => usedBy(node.ProgrammeId) + Children(node).Sum(child => Math.Max(0, Used(child) - Kept(child)));

    private long Borrowed(ShareNode node) => Math.Max(0, Used(node) - Kept(node)) - (Quota(node) - Kept(node));

    private long Available(ShareNode node)
    {
        if (node.ParentId is not { } parent)
            return Quota(node) - Used(node);
        var above = Available(Node(parent));
        if (node.BorrowingLimit is { } borrowing)
            above = Math.Min(above, borrowing - Borrowed(node));
        return Math.Max(0, Kept(node) - Used(node)) + above;
    }
}
