namespace GpuGrants.Tests.Ledger;

/// <summary>The ledger as one would write it on paper: a list of what was accepted, recounted for every question.</summary>
internal sealed class NaiveLedger
{
    private sealed record Line(TransferOrder Order, Guid Debit, Guid Credit, long Amount);

    private readonly HashSet<Guid> _sources;
    private List<Line> _lines = [];

    public NaiveLedger(IEnumerable<Account> accounts) =>
        _sources = [.. accounts.Where(account => !account.IsFloored).Select(account => account.Id)];

    public bool Take(IEnumerable<TransferOrder> chain, DateTimeOffset at)
    {
        var before = _lines.ToList();
        foreach (var order in chain)
        {
            if (Read(order, at) is not { } line)
            {
                _lines = before;
                return false;
            }

            _lines.Add(line);
        }

        return true;
    }

    public (Int128 DebitsPending, Int128 DebitsPosted, Int128 CreditsPending, Int128 CreditsPosted, int Version) Count(Guid account) =>
        (
            Sum(Open, line => line.Debit == account),
            Sum(Moved, line => line.Debit == account),
            Sum(Open, line => line.Credit == account),
            Sum(Moved, line => line.Credit == account),
            _lines.Count(line => line.Debit == account || line.Credit == account)
        );

    private static Int128 Sum(IEnumerable<Line> lines, Func<Line, bool> which) =>
        lines.Where(which).Aggregate(Int128.Zero, (sum, line) => sum + line.Amount);

    private IEnumerable<Line> Moved => _lines.Where(line => line.Order.Kind is TransferKind.Posted or TransferKind.Post);

    private IEnumerable<Line> Open =>
        _lines.Where(line => line.Order.Kind == TransferKind.Pending && _lines.All(end => end.Order.PendingId != line.Order.Id));

    private Line? Read(TransferOrder order, DateTimeOffset at)
    {
        if (_lines.Any(line => line.Order.Id == order.Id))
            return null;
        return order.PendingId is { } id ? End(order, Open.SingleOrDefault(line => line.Order.Id == id), at) : Move(order);
    }

    private static Line? End(TransferOrder order, Line? hold, DateTimeOffset at)
    {
        if (hold is null || order.Amount < 0 || order.Amount > hold.Amount)
            return null;
        var expired = at >= hold.Order.ExpiresAt;
        if (order.Kind == TransferKind.Post ? expired : order.Reason == TransferReasons.Expired && !expired)
            return null;
        return new Line(order, hold.Debit, hold.Credit, order.Amount == 0 ? hold.Amount : order.Amount);
    }

    private Line? Move(TransferOrder order)
    {
        if (order.Amount <= 0 || order.DebitAccountId == order.CreditAccountId)
            return null;
        var (debit, credit) = (Count(order.DebitAccountId), Count(order.CreditAccountId));
        var taken = debit.DebitsPending + debit.DebitsPosted + order.Amount;
        if (taken > long.MaxValue || credit.CreditsPending + credit.CreditsPosted + order.Amount > long.MaxValue)
            return null;
        if (!_sources.Contains(order.DebitAccountId) && taken > debit.CreditsPosted)
            return null;
        return order.CorrectsId is { } id && !MayCorrect(order, Moved.SingleOrDefault(line => line.Order.Id == id))
            ? null
            : new Line(order, order.DebitAccountId, order.CreditAccountId, order.Amount);
    }

    private bool MayCorrect(TransferOrder order, Line? original) =>
        original is not null
        && original.Debit == order.CreditAccountId
        && original.Credit == order.DebitAccountId
        && Sum(_lines, line => line.Order.CorrectsId == original.Order.Id) + order.Amount <= original.Amount;
}
