namespace GpuGrants.Tests.Ledger;

public class CorrectionsTests
{
    private readonly Bank bank = new(budget: 100);

    [Fact]
    public void A_correction_moves_back_and_names_what_it_corrects()
    {
        var award = bank.Do(bank.Award(40));
        var correction = bank.Do(bank.Correct(award, 40));
        Assert.Equal(
            (award.Id, bank.Grant.Id, bank.Budget.Id),
            (correction.CorrectsId, correction.DebitAccountId, correction.CreditAccountId)
        );
        Assert.Equal((100, 0), (bank.Budget.Available, bank.Grant.Available));
    }

    [Fact]
    public void Corrections_together_move_back_at_most_what_moved()
    {
        var award = bank.Do(bank.Award(40));
        bank.Do(bank.Award(60));
        bank.Do(bank.Correct(award, 15));
        var refusal = bank.Refused(bank.Correct(award, 26));
        Assert.Equal(
            (RefusalCodes.AmountExceedsCorrected, "amount", 25L, award.Id),
            (refusal.Code, refusal.Field, refusal.Limit, refusal.RelatedId)
        );
        Assert.Equal(RefusalCodes.AmountExceedsCorrected, bank.Refused(bank.Correct(award, 15), bank.Correct(award, 11)).Code);
        bank.Do(bank.Correct(award, 25));
        Assert.Equal(0, bank.Refused(bank.Correct(award, 1)).Limit);
    }

    [Fact]
    public void What_earlier_corrections_took_is_known_after_a_restart()
    {
        var award = bank.Do(bank.Award(40));
        bank.Book.ForgetHistory();
        Assert.Equal(RefusalCodes.CorrectedNotFound, bank.Refused(bank.Correct(award, 1)).Code);
        bank.Book.Know(award, corrected: 30);
        Assert.Equal(10, bank.Refused(bank.Correct(award, 11)).Limit);
        bank.Do(bank.Correct(award, 10));
    }

    [Fact]
    public void Only_the_posted_part_of_a_hold_can_be_corrected()
    {
        var post = bank.Do(bank.Post(bank.Do(bank.Hold(50)), 20));
        bank.Do(bank.Award(30));
        Assert.Equal(20, bank.Refused(bank.Correct(post, 21)).Limit);
        bank.Do(bank.Correct(post, 20));
    }

    [Fact]
    public void Holds_and_voids_moved_nothing_that_could_be_corrected()
    {
        bank.Do(bank.Award(50));
        var hold = bank.Do(bank.Hold(20));
        Assert.Equal(RefusalCodes.CorrectedNotPosted, bank.Refused(bank.Correct(hold, 20)).Code);
        Assert.Equal(RefusalCodes.CorrectedNotPosted, bank.Refused(bank.Correct(bank.Do(bank.Void(hold)), 20)).Code);
    }

    [Fact]
    public void A_correction_swaps_the_very_accounts()
    {
        var award = bank.Do(bank.Award(40));
        bank.Do(TransferOrder.Posted(bank.Next(), bank.Issuance, bank.Child, 40, "fund"));
        Assert.Equal("debitAccountId", bank.Refused(bank.Correct(award, 1) with { DebitAccountId = bank.Child.Id }).Field);
        Assert.Equal("creditAccountId", bank.Refused(bank.Correct(award, 1) with { CreditAccountId = bank.Child.Id }).Field);
    }

    [Fact]
    public void What_was_spent_since_cannot_be_moved_back()
    {
        var funded = bank.Do(bank.Fund(50));
        bank.Do(bank.Award(120));
        Assert.Equal(
            (RefusalCodes.InsufficientBalance, 30L),
            (bank.Refused(bank.Correct(funded, 50)).Code, bank.Refused(bank.Correct(funded, 50)).Available)
        );
        bank.Do(bank.Correct(funded, 30));
    }

    [Fact]
    public void A_correction_can_be_corrected()
    {
        var correction = bank.Do(bank.Correct(bank.Do(bank.Award(40)), 40));
        bank.Do(bank.Correct(correction, 40));
        Assert.Equal((60, 40), (bank.Budget.Available, bank.Grant.Available));
    }
}
