namespace GpuGrants.Tests.Ledger;

public class HoldsTests
{
    private readonly Bank bank = new(budget: 100);

    [Fact]
    public void A_hold_is_posted_in_whole()
    {
        var hold = bank.Do(bank.Hold(60));
        var post = bank.Do(bank.Post(hold));
        Assert.Equal((60, hold.Id), (post.Amount, post.PendingId));
        Assert.Equal(new Counters(0, 60, 0, 100, 3), bank.Budget.Counters);
        Assert.Equal(new Counters(0, 0, 0, 60, 2), bank.Grant.Counters);
    }

    [Fact]
    public void The_rest_of_a_hold_posted_in_part_returns()
    {
        var hold = bank.Do(bank.Hold(60));
        Assert.Equal(25, bank.Do(bank.Post(hold, 25)).Amount);
        Assert.Equal((75, 25), (bank.Budget.Available, bank.Grant.Available));
        Assert.Equal((0, 0), (bank.Budget.Counters.DebitsPending, bank.Grant.Counters.CreditsPending));
    }

    [Fact]
    public void A_voided_hold_returns_as_a_whole()
    {
        var hold = bank.Do(bank.Hold(60));
        Assert.Equal(60, bank.Do(bank.Void(hold)).Amount);
        Assert.Equal((100, 0), (bank.Budget.Available, bank.Grant.Available));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_hold_has_exactly_one_end(bool firstPosts, bool secondPosts)
    {
        var hold = bank.Do(bank.Hold(60));
        var first = bank.Do(firstPosts ? bank.Post(hold, 10) : bank.Void(hold));
        var refusal = bank.Refused(secondPosts ? bank.Post(hold, 10) : bank.Void(hold));
        Assert.Equal((RefusalCodes.HoldAlreadyEnded, first.Id), (refusal.Code, refusal.RelatedId));
    }

    [Fact]
    public void A_hold_read_back_as_ended_stays_ended()
    {
        var ended = Hold.Ended(
            new Hold(Bank.Id(7), bank.Budget.Id, bank.Grant.Id, LedgerUnit.Credit, 5, Bank.Noon.AddDays(1)),
            Bank.Id(8),
            Bank.Noon
        );
        bank.Book.Add(ended);
        Assert.Equal(RefusalCodes.HoldAlreadyEnded, bank.Refused(TransferOrder.Post(bank.Next(), ended.Id, 0, "reviewed")).Code);
    }

    [Fact]
    public void At_its_expiry_a_hold_can_be_voided_and_no_longer_posted()
    {
        var hold = bank.Do(bank.Hold(60, minutes: 10));
        bank.Now = hold.ExpiresAt!.Value.AddMicroseconds(-1);
        Assert.Equal(RefusalCodes.HoldNotExpired, bank.Refused(bank.Void(hold, TransferReasons.Expired)).Code);
        bank.Now = hold.ExpiresAt.Value;
        Assert.Equal(RefusalCodes.HoldExpired, bank.Refused(bank.Post(hold)).Code);
        bank.Do(bank.Void(hold, TransferReasons.Expired));
        Assert.Equal(100, bank.Budget.Available);
    }

    [Fact]
    public void A_moment_before_its_expiry_a_hold_can_still_be_posted()
    {
        var hold = bank.Do(bank.Hold(60));
        bank.Now = hold.ExpiresAt!.Value.AddMicroseconds(-1);
        bank.Do(bank.Post(hold));
        Assert.Equal(60, bank.Grant.Available);
    }

    [Fact]
    public void A_post_takes_at_most_the_hold_and_a_void_exactly_the_hold()
    {
        var hold = bank.Do(bank.Hold(60));
        var more = bank.Refused(bank.Post(hold, 61));
        Assert.Equal((RefusalCodes.AmountExceedsHold, 60L), (more.Code, more.Limit));
        Assert.Equal((RefusalCodes.FieldNotAllowed, "amount"), Says(bank.Refused(bank.Void(hold) with { Amount = 59 })));
        bank.Do(bank.Void(hold) with { Amount = 60 });
    }

    [Fact]
    public void An_end_that_states_accounts_or_unit_states_those_of_its_hold()
    {
        var hold = bank.Do(bank.Hold(60));
        Assert.Equal(
            (RefusalCodes.AccountMismatch, "debitAccountId"),
            Says(bank.Refused(bank.Post(hold) with { DebitAccountId = bank.Child.Id }))
        );
        Assert.Equal(
            (RefusalCodes.AccountMismatch, "creditAccountId"),
            Says(bank.Refused(bank.Post(hold) with { CreditAccountId = bank.Child.Id }))
        );
        Assert.Equal((RefusalCodes.UnitMismatch, "unit"), Says(bank.Refused(bank.Post(hold) with { Unit = Bank.H100 })));
        bank.Do(bank.Post(hold) with { DebitAccountId = bank.Budget.Id, CreditAccountId = bank.Grant.Id, Unit = LedgerUnit.Credit });
    }

    [Fact]
    public void Only_a_pending_transfer_can_be_ended()
    {
        var award = bank.Do(bank.Award(10));
        Assert.Equal((RefusalCodes.HoldNotFound, "pendingId"), Says(bank.Refused(bank.Post(award))));
        Assert.Equal(RefusalCodes.HoldNotFound, bank.Refused(TransferOrder.Void(bank.Next(), Bank.Id(9), "denied")).Code);
    }

    [Fact]
    public void A_hold_expires_in_the_future_by_the_microsecond_that_is_kept()
    {
        Assert.Equal((RefusalCodes.ExpiryNotInFuture, "expiresAt"), Says(bank.Refused(bank.Hold(1, minutes: 0))));
        Assert.Equal(RefusalCodes.ExpiryNotInFuture, bank.Refused(bank.Hold(1) with { ExpiresAt = bank.Now.AddTicks(9) }).Code);
        bank.Do(bank.Hold(1) with { ExpiresAt = bank.Now.AddTicks(10) });
    }

    private static (string Code, string Field) Says(LedgerRefusal refusal) => (refusal.Code, refusal.Field);
}
