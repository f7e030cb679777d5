namespace GpuGrants.Tests.Ledger;

/// <summary>A small tree's ledger: a source, a budget, a grant and what a provider earned, and all that was recorded so far.</summary>
internal sealed class Journal
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    public static readonly Guid Root = Id(9_000);
    private int _lastId;

    public Journal()
    {
        Book = new Book(Root);
        Accounts = [New(AccountKind.Issuance, 1), New(AccountKind.Budget, 2), New(AccountKind.Grant, 3), New(AccountKind.Earned, 4)];
        foreach (var account in Accounts)
            Book.Add(account);
    }

    public Book Book { get; }

    public Account[] Accounts { get; }

    public Account Source => Accounts[0];

    public Account Budget => Accounts[1];

    public Account Grant => Accounts[2];

    public Account Earned => Accounts[3];

    public List<Transfer> Transfers { get; } = [];

    public DateTimeOffset Now { get; set; } = Noon;

    public static Guid Id(int number) => new(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0);

    public Guid NewId() => Id(++_lastId);

    public static Account New(AccountKind kind, int owner, LedgerUnit unit = default, Counters counters = default) =>
        new(Root, AccountIds.Of(kind, unit, Id(owner)), kind, unit, Id(owner), Noon, counters);

    public TransferOrder Posting(Account debit, Account credit, long amount) =>
        TransferOrder.Posted(NewId(), debit, credit, amount, TransferReasons.Award);

    public TransferOrder Holding(Account debit, Account credit, long amount, int hours = 24) =>
        TransferOrder.Pending(NewId(), debit, credit, amount, Now.AddHours(hours), TransferReasons.Hold);

    public TransferOrder Taking(Guid hold, long amount = 0) => TransferOrder.Post(NewId(), hold, amount, TransferReasons.Reviewed);

    public TransferOrder Voiding(Guid hold, string reason = TransferReasons.Denied) => TransferOrder.Void(NewId(), hold, reason);

    public bool TryPost(IReadOnlyList<TransferOrder> chain, out LedgerRefusal? refusal)
    {
        var accepted = Book.TryPost(chain, Transfers.Count + 1, Now, out var recorded, out refusal);
        Transfers.AddRange(recorded);
        return accepted;
    }

    /// <summary>Records the chain and returns its last transfer.</summary>
    public Transfer Post(params TransferOrder[] chain)
    {
        Assert.True(TryPost(chain, out var refusal), refusal?.Code);
        return Transfers[^1];
    }

    /// <summary>Has the chain refused, and shows that nothing of it happened.</summary>
    public LedgerRefusal Refused(params TransferOrder[] chain)
    {
        var before = (
            Counters: Accounts.Select(account => account.Counters).ToList(),
            Open: OpenHolds().Select(hold => hold.Id).ToList(),
            Transfers.Count
        );
        Assert.False(TryPost(chain, out var refusal));
        Assert.Equal(before.Counters, Accounts.Select(account => account.Counters));
        Assert.Equal(before.Open, OpenHolds().Select(hold => hold.Id));
        Assert.Equal(before.Count, Transfers.Count);
        return refusal!;
    }

    public List<Hold> OpenHolds() =>
        [
            .. Transfers
                .Where(one => one.Kind == TransferKind.Pending)
                .Select(one => Book.TryGetHold(one.Id, out var hold) ? hold : null)
                .OfType<Hold>()
                .Where(hold => hold.IsOpen),
        ];
}
