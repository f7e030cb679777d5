namespace GpuGrants.Tests.Ledger;

public class ChainsTests
{
    private readonly Bank bank = new(budget: 100);

    [Fact]
    public void A_chain_is_numbered_without_gaps_and_named_after_its_first_transfer()
    {
        var first = bank.Award(10);
        bank.Do(first, bank.Hold(20), bank.Fund(5));
        Assert.Equal([1L, 2, 3, 4], bank.History.Select(one => one.Sequence));
        Assert.All(bank.History.Skip(1), one => Assert.Equal(first.Id, one.ChainId));
    }

    [Fact]
    public void Each_transfer_of_a_chain_sees_those_before_it()
    {
        bank.Do(bank.Fund(50), bank.Award(150));
        Assert.Equal((0, 150), (bank.Budget.Available, bank.Grant.Available));
        Assert.Equal((RefusalCodes.InsufficientBalance, 1), Says(bank.Refused(bank.Fund(50), bank.Award(51))));
    }

    [Fact]
    public void When_one_is_refused_nothing_of_the_chain_happened()
    {
        var hold = bank.Do(bank.Hold(30));
        var award = bank.Do(bank.Award(40));
        var again = bank.Hold(5);
        var refusal = bank.Refused(bank.Post(hold, 10), bank.Correct(award, 40), again, bank.Award(1_000));
        Assert.Equal((RefusalCodes.InsufficientBalance, 3), Says(refusal));
        bank.Do(bank.Post(hold), bank.Correct(award, 40), again);
    }

    [Fact]
    public void A_hold_may_begin_and_end_in_one_chain()
    {
        var hold = bank.Hold(30);
        bank.Do(hold, TransferOrder.Post(bank.Next(), hold.Id, 10, "reviewed"));
        Assert.Equal((90, 10), (bank.Budget.Available, bank.Grant.Available));
        var other = bank.Hold(30);
        Assert.Equal(
            (RefusalCodes.HoldAlreadyEnded, 2),
            Says(
                bank.Refused(
                    other,
                    TransferOrder.Void(bank.Next(), other.Id, "denied"),
                    TransferOrder.Post(bank.Next(), other.Id, 1, "reviewed")
                )
            )
        );
        Assert.False(bank.Book.TryGetHold(other.Id, out _));
    }

    [Fact]
    public void A_chain_has_one_to_a_thousand_transfers()
    {
        Assert.Equal(RefusalCodes.EmptyChain, bank.Refused().Code);
        var longest = Enumerable.Range(0, Book.MaxChainLength).Select(_ => bank.Fund(1)).ToArray();
        var refusal = bank.Refused([.. longest, bank.Fund(1)]);
        Assert.Equal((RefusalCodes.ChainTooLong, 1_000L), (refusal.Code, refusal.Limit));
        bank.Do(longest);
        Assert.Equal(1_100, bank.Budget.Available);
    }

    [Fact]
    public void An_id_is_used_once_in_a_chain_and_ever()
    {
        var award = bank.Award(1);
        Assert.Equal((RefusalCodes.IdAlreadyUsed, 1), Says(bank.Refused(award, award)));
        bank.Do(award);
        var refusal = bank.Refused(bank.Fund(1), award);
        Assert.Equal((RefusalCodes.IdAlreadyUsed, "id", award.Id), (refusal.Code, refusal.Field, refusal.RelatedId));
    }

    [Fact]
    public void An_id_that_a_restarted_book_was_told_of_is_used()
    {
        var award = bank.Do(bank.Award(1));
        var restarted = new Bank(budget: 100);
        restarted.Book.Know(award);
        Assert.Equal(RefusalCodes.IdAlreadyUsed, restarted.Refused(restarted.Award(1) with { Id = award.Id }).Code);
        restarted.Book.Add(new Hold(Bank.Id(7), restarted.Budget.Id, restarted.Grant.Id, LedgerUnit.Credit, 5, Bank.Noon.AddDays(1)));
        Assert.Equal(RefusalCodes.IdAlreadyUsed, restarted.Refused(restarted.Award(1) with { Id = Bank.Id(7) }).Code);
    }

    [Fact]
    public void Forgetting_history_keeps_open_holds()
    {
        var (open, ended) = (bank.Do(bank.Hold(10)), bank.Do(bank.Hold(10)));
        bank.Do(bank.Void(ended));
        bank.Book.ForgetHistory();
        Assert.False(bank.Book.TryGetTransfer(open.Id, out _));
        Assert.False(bank.Book.TryGetHold(ended.Id, out _));
        bank.Do(bank.Post(open));
    }

    private static (string Code, int Index) Says(LedgerRefusal refusal) => (refusal.Code, refusal.Index);
}
