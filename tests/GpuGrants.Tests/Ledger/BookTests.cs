using GpuGrants.Ledger;

namespace GpuGrants.Tests.Ledger;

public class BookTests
{
    private readonly Journal _journal = new();

    public BookTests() => _journal.Post(_journal.Posting(_journal.Source, _journal.Budget, 100));

    [Fact]
    public void What_leaves_one_account_comes_to_the_other_at_once()
    {
        var transfer = _journal.Post(_journal.Posting(_journal.Budget, _journal.Grant, 30));
        Assert.Equal(new Counters(0, 30, 0, 100, 2), _journal.Budget.Counters);
        Assert.Equal(new Counters(0, 0, 0, 30, 1), _journal.Grant.Counters);
        Assert.Equal((_journal.Budget.Counters, _journal.Grant.Counters, 2L), (transfer.DebitAfter, transfer.CreditAfter, transfer.Sequence));
        Assert.Equal(-100, _journal.Source.Balance);
    }

    [Fact]
    public void A_hold_reserves_on_both_sides_and_moves_nothing()
    {
        _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 40));
        Assert.Equal(new Counters(40, 0, 0, 100, 2), _journal.Budget.Counters);
        Assert.Equal(new Counters(0, 0, 40, 0, 1), _journal.Grant.Counters);
        Assert.Equal((60, 100, 0), (_journal.Budget.Available, _journal.Budget.Balance, _journal.Grant.Available));
    }

    [Theory]
    [InlineData(0, 40)]
    [InlineData(40, 40)]
    [InlineData(25, 25)]
    public void A_post_moves_all_or_a_part_of_the_hold_and_the_rest_returns(long amount, long moved)
    {
        var hold = _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 40));
        Assert.Equal(moved, _journal.Post(_journal.Taking(hold.Id, amount)).Amount);
        Assert.Equal(new Counters(0, moved, 0, 100, 3), _journal.Budget.Counters);
        Assert.Equal(new Counters(0, 0, 0, moved, 2), _journal.Grant.Counters);
    }

    [Fact]
    public void A_void_returns_all_of_the_hold()
    {
        var hold = _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 40));
        Assert.Equal(40, _journal.Post(_journal.Voiding(hold.Id)).Amount);
        Assert.Equal(new Counters(0, 0, 0, 100, 3), _journal.Budget.Counters);
        Assert.Equal(new Counters(0, 0, 0, 0, 2), _journal.Grant.Counters);
    }

    [Fact]
    public void A_hold_that_expired_can_only_be_voided()
    {
        var hold = _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 40, hours: 1));
        Assert.Equal(RefusalCodes.HoldNotExpired, _journal.Refused(_journal.Voiding(hold.Id, TransferReasons.Expired)).Code);
        _journal.Now = hold.ExpiresAt!.Value;
        Assert.Equal(RefusalCodes.HoldExpired, _journal.Refused(_journal.Taking(hold.Id)).Code);
        _journal.Post(_journal.Voiding(hold.Id, TransferReasons.Expired));
        Assert.Equal(100, _journal.Budget.Available);
    }

    [Fact]
    public void A_hold_ends_once_and_the_second_end_is_told_of_the_first()
    {
        var hold = _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 40));
        var end = _journal.Post(_journal.Taking(hold.Id, 10));
        foreach (var again in (TransferOrder[])[_journal.Taking(hold.Id, 10), _journal.Voiding(hold.Id)])
        {
            var refusal = _journal.Refused(again);
            Assert.Equal((RefusalCodes.HoldAlreadyEnded, end.Id), (refusal.Code, refusal.RelatedId!.Value));
        }
    }

    [Fact]
    public void A_post_takes_no_more_than_is_held_and_a_void_no_less()
    {
        var hold = _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 40));
        var refusal = _journal.Refused(_journal.Taking(hold.Id, 41));
        Assert.Equal((RefusalCodes.AmountExceedsHold, "amount", 40L), (refusal.Code, refusal.Field, refusal.Limit!.Value));
        Assert.Equal(RefusalCodes.FieldNotAllowed, _journal.Refused(_journal.Voiding(hold.Id) with { Amount = 39 }).Code);
    }

    [Fact]
    public void What_is_held_cannot_be_spent_again()
    {
        _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 70));
        foreach (var order in (TransferOrder[])[_journal.Posting(_journal.Budget, _journal.Earned, 31), _journal.Holding(_journal.Budget, _journal.Earned, 31)])
        {
            var refusal = _journal.Refused(order);
            Assert.Equal((RefusalCodes.InsufficientBalance, 30L, _journal.Budget.Id), (refusal.Code, refusal.Available!.Value, refusal.AccountId!.Value));
        }

        _journal.Post(_journal.Posting(_journal.Budget, _journal.Earned, 30));
    }

    [Fact]
    public void What_is_only_promised_to_an_account_cannot_leave_it()
    {
        _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 70));
        Assert.Equal(RefusalCodes.InsufficientBalance, _journal.Refused(_journal.Posting(_journal.Grant, _journal.Earned, 1)).Code);
    }

    [Fact]
    public void Accounts_of_two_units_exchange_nothing()
    {
        var time = _journal.New(AccountKind.Grant, 3, LedgerUnit.Gpu("h100"));
        _journal.Book.Add(time);
        Assert.Equal(RefusalCodes.UnitMismatch, _journal.Refused(_journal.Posting(_journal.Budget, time, 1)).Code);
        Assert.Equal(RefusalCodes.SameAccount, _journal.Refused(_journal.Posting(_journal.Budget, _journal.Budget, 1)).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_transfer_moves_more_than_nothing(long amount) =>
        Assert.Equal(RefusalCodes.AmountNotPositive, _journal.Refused(_journal.Posting(_journal.Source, _journal.Budget, amount)).Code);

    [Fact]
    public void An_id_is_used_once_also_within_a_chain()
    {
        var first = _journal.Posting(_journal.Budget, _journal.Grant, 1);
        Assert.Equal((RefusalCodes.IdAlreadyUsed, 1), (_journal.Refused(first, first).Code, _journal.Refused(first, first).Index));
        _journal.Post(first);
        Assert.Equal(RefusalCodes.IdAlreadyUsed, _journal.Refused(first).Code);
    }

    [Fact]
    public void Counters_never_wrap()
    {
        _journal.Post(_journal.Posting(_journal.Source, _journal.Budget, long.MaxValue - 101));
        var refusal = _journal.Refused(_journal.Posting(_journal.Source, _journal.Earned, 2));
        Assert.Equal((RefusalCodes.CounterOverflow, 1L, _journal.Source.Id), (refusal.Code, refusal.Limit!.Value, refusal.AccountId!.Value));
        _journal.Post(_journal.Holding(_journal.Source, _journal.Budget, 1));
        Assert.Equal(RefusalCodes.CounterOverflow, _journal.Refused(_journal.Holding(_journal.Source, _journal.Earned, 1)).Code);
        Assert.Equal(long.MaxValue - 1, _journal.Budget.Available);
    }
}
