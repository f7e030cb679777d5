namespace GpuGrants.Quotas.Sharing;

/// <summary>
/// What the nodes of a sharing may still use. A node keeps what it does not lend for itself; the rest of its quota, and of its use, belongs
/// to its parent. So every ancestor's bound is checked, and as soon as a lender uses more of its own, borrowers find less.
/// </summary>
internal sealed class ShareTree
{
    private readonly Guid[] _ids;
    private readonly int[] _parents;
    private readonly long[] _quota;
    private readonly long[] _guaranteed;
    private readonly long?[] _borrowing;
    private readonly int[] _childrenFirst;

    /// <param name="sharing">The nodes.</param>
    /// <param name="nominalOf">What a node brings in where it is not what the sharing says.</param>
    public ShareTree(QuotaSharing sharing, Func<ShareNode, long>? nominalOf = null)
    {
        var nodes = sharing.Nodes;
        _ids = [.. nodes.Select(node => node.ProgrammeId)];
        _parents = [.. nodes.Select(node => node.ParentId is { } parent ? Array.IndexOf(_ids, parent) : -1)];
        _borrowing = [.. nodes.Select(node => node.BorrowingLimit)];
        _quota = [.. nodes.Select(node => nominalOf?.Invoke(node) ?? node.Nominal)];
        _guaranteed = new long[nodes.Count];
        _childrenFirst = [.. Enumerable.Range(0, nodes.Count).OrderByDescending(Depth)];
        foreach (var i in _childrenFirst)
        {
            if (_parents[i] < 0)
                continue;
            _guaranteed[i] = nodes[i].LendingLimit is { } lending ? Math.Max(0, _quota[i] - lending) : 0;
            _quota[_parents[i]] += _quota[i] - _guaranteed[i];
        }
    }

    public IReadOnlyList<Guid> Programmes => _ids;

    /// <summary>How much more the programme may use when each programme itself uses <paramref name="own"/>; never negative.</summary>
    public long Available(Guid programme, ReadOnlySpan<long> own)
    {
        Span<long> usage = _ids.Length <= 128 ? stackalloc long[_ids.Length] : new long[_ids.Length];
        own.CopyTo(usage);
        foreach (var i in _childrenFirst)
        {
            if (_parents[i] >= 0)
                usage[_parents[i]] += Math.Max(0, usage[i] - _guaranteed[i]);
        }

        return Math.Max(0, Available(Array.IndexOf(_ids, programme), usage));
    }

    private long Available(int node, Span<long> usage)
    {
        if (_parents[node] < 0)
            return _quota[node] - usage[node];
        var fromParent = Available(_parents[node], usage);
        if (_borrowing[node] is { } borrowing)
        {
            var inParent = _quota[node] - _guaranteed[node] - Math.Max(0, usage[node] - _guaranteed[node]);
            fromParent = Math.Min(fromParent, inParent + borrowing);
        }

        return Math.Max(0, _guaranteed[node] - usage[node]) + fromParent;
    }

    private int Depth(int node)
    {
        var depth = 0;
        for (var at = _parents[node]; at >= 0 && depth <= _parents.Length; at = _parents[at])
            depth++;
        return depth;
    }
}
