using GpuGrants.Ledger;

namespace GpuGrants.Tests.Ledger;

public class ChainTests
{
    private readonly Journal _journal = new();

    public ChainTests() => _journal.Post(_journal.Posting(_journal.Source, _journal.Budget, 100));

    [Fact]
    public void Each_order_of_a_chain_sees_those_before_it()
    {
        var last = _journal.Post(_journal.Posting(_journal.Budget, _journal.Grant, 100), _journal.Posting(_journal.Grant, _journal.Earned, 100));
        Assert.Equal(100, _journal.Earned.Available);
        Assert.Equal((3L, _journal.Transfers[1].Id), (last.Sequence, last.ChainId!.Value));
        Assert.Null(_journal.Transfers[0].ChainId);
    }

    [Fact]
    public void A_chain_happens_as_a_whole_or_not_at_all()
    {
        var open = _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 40));
        var award = _journal.Posting(_journal.Budget, _journal.Earned, 10);
        var made = _journal.Holding(_journal.Budget, _journal.Grant, 5);
        TransferOrder[] good = [award, _journal.Taking(open.Id, 15), made, _journal.Voiding(made.Id)];
        var refusal = _journal.Refused([.. good, _journal.Posting(_journal.Budget, _journal.Earned, 76)]);
        Assert.Equal((RefusalCodes.InsufficientBalance, 4), (refusal.Code, refusal.Index));
        Assert.False(_journal.Book.TryGetTransfer(award.Id, out _));
        Assert.False(_journal.Book.TryGetHold(made.Id, out _));
        _journal.Post(good);
        Assert.Equal(75, _journal.Budget.Available);
    }

    [Fact]
    public void An_empty_and_an_endless_chain_are_refused()
    {
        Assert.Equal(RefusalCodes.EmptyChain, _journal.Refused().Code);
        var many = Enumerable.Range(0, Book.MaxChainLength + 1).Select(_ => _journal.Posting(_journal.Source, _journal.Budget, 1)).ToArray();
        Assert.Equal(RefusalCodes.ChainTooLong, _journal.Refused(many).Code);
        _journal.Post(many[..^1]);
        Assert.Equal(1_100, _journal.Budget.Available);
    }

    [Fact]
    public void A_correction_moves_back_at_most_what_moved()
    {
        var award = _journal.Post(_journal.Posting(_journal.Budget, _journal.Grant, 30));
        _journal.Post(Correct(award, 10));
        var refusal = _journal.Refused(Correct(award, 21));
        Assert.Equal((RefusalCodes.AmountExceedsCorrected, 20L), (refusal.Code, refusal.Limit!.Value));
        _journal.Post(Correct(award, 20));
        Assert.Equal((100, 0), (_journal.Budget.Available, _journal.Grant.Available));
        Assert.Equal(RefusalCodes.AmountExceedsCorrected, _journal.Refused(Correct(award, 1)).Code);
    }

    [Fact]
    public void A_refused_chain_gives_back_what_it_corrected()
    {
        var award = _journal.Post(_journal.Posting(_journal.Budget, _journal.Grant, 30));
        _journal.Refused(Correct(award, 30), _journal.Posting(_journal.Budget, _journal.Earned, 101));
        _journal.Post(Correct(award, 30));
        Assert.Equal(100, _journal.Budget.Available);
    }

    [Fact]
    public void A_correction_swaps_the_accounts_of_a_transfer_that_moved()
    {
        var hold = _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 40));
        Assert.Equal(RefusalCodes.CorrectedNotPosted, _journal.Refused(Correct(hold, 1) with { DebitAccountId = _journal.Budget.Id, CreditAccountId = _journal.Grant.Id }).Code);
        var post = _journal.Post(_journal.Taking(hold.Id, 25));
        Assert.Equal(RefusalCodes.AccountMismatch, _journal.Refused(Correct(post, 1) with { CreditAccountId = _journal.Earned.Id }).Code);
        Assert.Equal(RefusalCodes.CorrectedNotFound, _journal.Refused(Correct(post, 1) with { CorrectsId = Journal.Id(8_000) }).Code);
        Assert.Equal(post.Id, _journal.Post(Correct(post, 25)).CorrectsId);
    }

    private TransferOrder Correct(Transfer original, long amount) => TransferOrder.Correction(_journal.NewId(), original, amount);
}
