namespace GpuGrants.Ledger.Audit;

/// <summary>The holds that are open while an audit reads on.</summary>
internal sealed class AuditedHolds
{
    private readonly Dictionary<Guid, Transfer> _open = [];

    public void Take(Transfer pending) => _open[pending.Id] = pending;

    /// <summary>The hold that the transfer ends, open no more; null when it ends none that is open.</summary>
    public Transfer? End(Transfer transfer) => transfer.PendingId is { } id && _open.Remove(id, out var hold) ? hold : null;

    public static bool Fits(Transfer end, Transfer hold) =>
        hold.DebitAccountId == end.DebitAccountId
        && hold.CreditAccountId == end.CreditAccountId
        && hold.Unit == end.Unit
        && (end.Kind == TransferKind.Void ? end.Amount == hold.Amount : end.Amount <= hold.Amount);

    /// <summary>Names every difference between the holds that transfers leave open and those that rows say are.</summary>
    /// <param name="rows">The open holds' rows.</param>
    /// <param name="isExplained">Whether a missing transfer explains that a hold is open or not.</param>
    public IEnumerable<(Guid Id, long? Sequence, string Message)> Compare(IReadOnlyCollection<Hold> rows, Func<bool> isExplained)
    {
        var there = new Dictionary<Guid, Hold>();
        foreach (var row in rows)
            if (!there.TryAdd(row.Id, row))
                yield return (row.Id, null, "Its row exists twice.");
        foreach (var (id, hold) in _open)
        {
            if (!there.Remove(id, out var own))
            {
                if (!isExplained())
                    yield return (id, hold.Sequence, "Its transfers hold an amount, but its row does not.");
            }
            else if (!IsSame(own, hold))
            {
                yield return (
                    id,
                    hold.Sequence,
                    "The hold's row says another amount, unit, account, expiry or request than the transfer that made it."
                );
            }
        }

        foreach (var id in there.Keys)
            if (!isExplained())
                yield return (id, null, "Its row holds an amount, but its transfers do not.");
    }

    private static bool IsSame(Hold row, Transfer hold) =>
        row.Amount == hold.Amount
        && row.Unit == hold.Unit
        && row.DebitAccountId == hold.DebitAccountId
        && row.CreditAccountId == hold.CreditAccountId
        && row.ExpiresAt == hold.ExpiresAt
        && row.RequestId == hold.Context.RequestId;
}
