namespace GpuGrants.Tests.Ledger;

/// <summary>An order under a used id is the same again, or differs in a field that is named.</summary>
public class SameOrderTests
{
    private readonly Bank bank = new(budget: 100);

    [Fact]
    public void An_order_sent_again_is_the_same()
    {
        var order = bank.Award(40);
        Assert.Null(SameOrder.FirstDifference(order, bank.Do(order)));
    }

    [Fact]
    public void The_first_field_that_differs_is_named()
    {
        var order = bank.Award(40) with { Note = "First" };
        var recorded = bank.Do(order);
        Assert.Equal("amount", SameOrder.FirstDifference(order with { Amount = 41 }, recorded));
        Assert.Equal("debitAccountId", SameOrder.FirstDifference(order with { DebitAccountId = bank.Child.Id }, recorded));
        Assert.Equal("creditAccountId", SameOrder.FirstDifference(order with { CreditAccountId = bank.Child.Id }, recorded));
        Assert.Equal("unit", SameOrder.FirstDifference(order with { Unit = Bank.H100 }, recorded));
        Assert.Equal("reason", SameOrder.FirstDifference(order with { Reason = "other" }, recorded));
        Assert.Equal("note", SameOrder.FirstDifference(order with { Note = "Second" }, recorded));
        Assert.Equal("correctsId", SameOrder.FirstDifference(order with { CorrectsId = Bank.Id(1) }, recorded));
        Assert.Equal(
            "kind",
            SameOrder.FirstDifference(order with { Kind = TransferKind.Pending, ExpiresAt = Bank.Noon.AddDays(1) }, recorded)
        );
    }

    [Fact]
    public void A_post_without_an_amount_is_not_the_post_of_a_part()
    {
        var hold = bank.Do(bank.Hold(60));
        var part = bank.Post(hold, 25);
        var recorded = bank.Do(part);
        Assert.Null(SameOrder.FirstDifference(part, recorded, held: 60));
        Assert.Equal("amount", SameOrder.FirstDifference(part with { Amount = 0 }, recorded, held: 60));
    }

    [Fact]
    public void A_post_of_the_whole_hold_is_the_same_with_and_without_its_amount()
    {
        var hold = bank.Do(bank.Hold(60));
        var whole = bank.Post(hold);
        var recorded = bank.Do(whole);
        Assert.Null(SameOrder.FirstDifference(whole, recorded, held: 60));
        Assert.Null(SameOrder.FirstDifference(whole with { Amount = 60 }, recorded, held: 60));
        Assert.Equal("amount", SameOrder.FirstDifference(whole with { Amount = 59 }, recorded, held: 60));
    }

    [Fact]
    public void A_correction_may_leave_its_accounts_to_what_it_corrects()
    {
        var award = bank.Do(bank.Award(40));
        var correction = bank.Correct(award, 10);
        var recorded = bank.Do(correction);
        Assert.Null(SameOrder.FirstDifference(correction with { DebitAccountId = Guid.Empty, CreditAccountId = Guid.Empty }, recorded));
        Assert.Equal("debitAccountId", SameOrder.FirstDifference(correction with { DebitAccountId = bank.Child.Id }, recorded));
    }

    [Fact]
    public void An_order_that_was_refused_is_compared_as_it_was_sent()
    {
        var order = bank.Award(101);
        var refused = new RefusedTransfer(order, bank.Refused(order), Bank.Noon);
        Assert.Null(SameOrder.FirstDifference(order, refused));
        Assert.Equal("amount", SameOrder.FirstDifference(order with { Amount = 100 }, refused));
        Assert.Equal("pendingId", SameOrder.FirstDifference(order with { PendingId = Bank.Id(3) }, refused));
    }
}
