namespace GpuGrants.Quotas.Sharing;

/// <summary>Finds what makes a sharing unfit: cycles, strangers, and limits that mean nothing.</summary>
internal static class SharingValidator
{
    private const int MaxNodes = 100;

    /// <summary>The most that one node brings in, so that all together are no more than a limit may be.</summary>
    public const long MaxNominal = QuotaUnits.MaxLimit / MaxNodes;

    public static void Check(QuotaSharing sharing, Action<string, string, string> add)
    {
        var nodes = sharing.Nodes;
        if (nodes.Count is 0 or > MaxNodes)
            add("sharing.nodes", "node-count", $"A sharing has 1 to {MaxNodes} programmes.");
        if (nodes.DistinctBy(node => node.ProgrammeId).Count() != nodes.Count)
        {
            add("sharing.nodes", "contradiction", "A programme is named twice.");
            return;
        }

        var parents = nodes.ToDictionary(node => node.ProgrammeId, node => node.ParentId);
        if (nodes.Count(node => node.ParentId is null) > 1)
            add("sharing.nodes", "contradiction", "Only one programme may have no parent.");
        foreach (var (i, node) in nodes.Index())
        {
            var field = $"sharing.nodes[{i}]";
            if (node.ParentId is { } parent && !parents.ContainsKey(parent))
                add($"{field}.parentId", "unknown-parent", "The parent is not part of the sharing.");
            if (IsInCycle(node, parents))
                add($"{field}.parentId", "borrowing-cycle", "The programme would borrow from itself.");
            if (node.Nominal < 0 || node.BorrowingLimit < 0 || node.LendingLimit < 0)
                add(field, "negative-limit", "Amounts cannot be negative.");
            if (node.Nominal > MaxNominal || node.BorrowingLimit > QuotaUnits.MaxLimit)
                add(field, "overflowing-limit", "The amount is too large.");
            if (node.ParentId is null && (node.BorrowingLimit ?? node.LendingLimit) is not null)
                add(field, "contradiction", "The root has nobody to borrow from or to lend to.");
        }
    }

    private static bool IsInCycle(ShareNode node, Dictionary<Guid, Guid?> parents)
    {
        var at = node.ParentId;
        for (var steps = 0; at is { } id && steps <= parents.Count; steps++)
        {
            if (id == node.ProgrammeId)
                return true;
            at = parents.GetValueOrDefault(id);
        }

        return false;
    }
}
