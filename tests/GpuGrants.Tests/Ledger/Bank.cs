namespace GpuGrants.Tests.Ledger;

/// <summary>A book with a few accounts, whose tests say what they post and what they expect.</summary>
internal sealed class Bank
{
    public static readonly Guid Root = Id(0xA0);
    public static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    public static readonly LedgerUnit H100 = LedgerUnit.Gpu("h100");

    private readonly List<Transfer> _history = [];
    private int _ids = 1_000;

    public Bank(long budget = 0)
    {
        Issuance = Open(AccountKind.Issuance, LedgerUnit.Credit, Root);
        Budget = Open(AccountKind.Budget, LedgerUnit.Credit, Root);
        Child = Open(AccountKind.Budget, LedgerUnit.Credit, Id(0xA1));
        Grant = Open(AccountKind.Grant, LedgerUnit.Credit, Id(0xB1));
        Supply = Open(AccountKind.Supply, H100, Id(0xC1));
        Capacity = Open(AccountKind.Capacity, H100, Id(0xC2));
        if (budget > 0)
            Do(Fund(budget));
    }

    public Book Book { get; } = new(Root);

    public DateTimeOffset Now { get; set; } = Noon;

    public Account Issuance { get; }

    public Account Budget { get; }

    public Account Child { get; }

    public Account Grant { get; }

    public Account Supply { get; }

    public Account Capacity { get; }

    public IReadOnlyList<Account> Accounts => [Issuance, Budget, Child, Grant, Supply, Capacity];

    public IReadOnlyList<Transfer> History => _history;

    /// <summary>The holds that no transfer has ended.</summary>
    public IReadOnlyList<Hold> OpenHolds =>
        [.. _history.Select(one => Book.TryGetHold(one.Id, out var hold) && hold.IsOpen ? hold : null).OfType<Hold>()];

    public static Guid Id(int number) => new(number, 0, 0, new byte[8]);

    public Guid Next() => Id(_ids++);

    /// <summary>Posts a chain that has to be accepted, and returns its last transfer.</summary>
    public Transfer Do(params TransferOrder[] chain)
    {
        Assert.True(Book.TryPost(chain, _history.Count + 1, Now, out var recorded, out var refusal), refusal?.ToString());
        Assert.Equal(chain.Select(order => order.Id), recorded.Select(transfer => transfer.Id));
        _history.AddRange(recorded);
        return recorded[^1];
    }

    /// <summary>Posts a chain that has to be refused without a trace, and returns the refusal.</summary>
    public LedgerRefusal Refused(params TransferOrder[] chain)
    {
        var before = Standing();
        Assert.False(Book.TryPost(chain, _history.Count + 1, Now, out var recorded, out var refusal));
        Assert.Empty(recorded);
        Assert.Equal(before, Standing());
        return refusal!;
    }

    public TransferOrder Fund(long amount) => TransferOrder.Posted(Next(), Issuance, Budget, amount, TransferReasons.Fund);

    public TransferOrder Award(long amount) => TransferOrder.Posted(Next(), Budget, Grant, amount, TransferReasons.Award);

    public TransferOrder Hold(long amount, int minutes = 10) =>
        TransferOrder.Pending(Next(), Budget, Grant, amount, Now.AddMinutes(minutes), TransferReasons.Hold);

    public TransferOrder Post(Transfer hold, long amount = 0) => TransferOrder.Post(Next(), hold.Id, amount, TransferReasons.Reviewed);

    public TransferOrder Void(Transfer hold, string reason = TransferReasons.Denied) => TransferOrder.Void(Next(), hold.Id, reason);

    public TransferOrder Correct(Transfer original, long amount) => TransferOrder.Correction(Next(), original, amount);

    private string Standing() =>
        string.Join("; ", [.. Accounts.Select(account => account.Counters.ToString()), .. OpenHolds.Select(hold => hold.Id.ToString())]);

    private Account Open(AccountKind kind, LedgerUnit unit, Guid owner)
    {
        var account = new Account(Root, AccountIds.Of(kind, unit, owner), kind, unit, owner, Noon);
        Book.Add(account);
        return account;
    }
}
