namespace GpuGrants.Tests.Ledger;

public class MovesTests
{
    [Fact]
    public void A_posted_transfer_moves_at_once_and_stores_both_accounts_after_it()
    {
        var bank = new Bank();
        var funded = bank.Do(bank.Fund(100));
        Assert.Equal(new Counters(0, 100, 0, 0, 1), bank.Issuance.Counters);
        Assert.Equal(new Counters(0, 0, 0, 100, 1), bank.Budget.Counters);
        Assert.Equal((bank.Issuance.Counters, bank.Budget.Counters), (funded.DebitAfter, funded.CreditAfter));
        Assert.Equal((1, 100, null), (funded.Sequence, funded.Amount, funded.ChainId));
        Assert.Equal((-100, 100), (bank.Issuance.Balance, bank.Budget.Available));
    }

    [Fact]
    public void A_floored_account_gives_all_it_has_and_not_one_unit_more()
    {
        var bank = new Bank(budget: 100);
        var refusal = bank.Refused(bank.Award(101));
        Assert.Equal(
            (RefusalCodes.InsufficientBalance, "amount", 100L, bank.Budget.Id),
            (refusal.Code, refusal.Field, refusal.Available, refusal.AccountId)
        );
        bank.Do(bank.Award(100));
        Assert.Equal(0, bank.Budget.Available);
        Assert.Equal(RefusalCodes.InsufficientBalance, bank.Refused(bank.Award(1)).Code);
    }

    [Fact]
    public void Holds_count_as_gone_in_the_balance_check()
    {
        var bank = new Bank(budget: 100);
        bank.Do(bank.Hold(70));
        Assert.Equal((100, 30), (bank.Budget.Balance, bank.Budget.Available));
        Assert.Equal(30, bank.Refused(bank.Award(31)).Limit);
        Assert.Equal(RefusalCodes.InsufficientBalance, bank.Refused(bank.Hold(31)).Code);
        bank.Do(bank.Award(30));
    }

    [Fact]
    public void What_a_hold_would_bring_cannot_be_spent()
    {
        var bank = new Bank(budget: 100);
        bank.Do(bank.Hold(70));
        Assert.Equal((70, 0), (bank.Grant.Counters.CreditsPending, bank.Grant.Available));
        Assert.Equal(
            RefusalCodes.InsufficientBalance,
            bank.Refused(TransferOrder.Posted(bank.Next(), bank.Grant, bank.Child, 1, "usage")).Code
        );
    }

    [Fact]
    public void Sources_have_no_floor_and_all_others_have()
    {
        Assert.Equal([AccountKind.Issuance, AccountKind.Supply], Enum.GetValues<AccountKind>().Where(kind => !kind.IsFloored()));
        var bank = new Bank();
        bank.Do(TransferOrder.Posted(bank.Next(), bank.Supply, bank.Capacity, 3_600, TransferReasons.Capacity));
        Assert.Equal(-3_600, bank.Supply.Available);
    }

    [Fact]
    public void Amounts_move_between_two_accounts_of_one_unit()
    {
        var bank = new Bank(budget: 100);
        Assert.Equal(RefusalCodes.SameAccount, bank.Refused(TransferOrder.Posted(bank.Next(), bank.Budget, bank.Budget, 1, "fund")).Code);
        Assert.Equal(
            RefusalCodes.UnitMismatch,
            bank.Refused(TransferOrder.Posted(bank.Next(), bank.Budget, bank.Capacity, 1, "fund")).Code
        );
        var stated = bank.Refused(bank.Award(1) with { Unit = Bank.H100 });
        Assert.Equal((RefusalCodes.UnitMismatch, "unit"), (stated.Code, stated.Field));
        Assert.Throws<ArgumentException>(() => new Account(Bank.Root, Guid.NewGuid(), AccountKind.Budget, Bank.H100, Bank.Root, Bank.Noon));
    }

    [Fact]
    public void An_account_that_the_book_does_not_hold_is_named()
    {
        var bank = new Bank(budget: 100);
        var debit = bank.Refused(bank.Award(1) with { DebitAccountId = Bank.Id(9) });
        Assert.Equal((RefusalCodes.AccountNotFound, "debitAccountId", Bank.Id(9)), (debit.Code, debit.Field, debit.AccountId));
        Assert.Equal("creditAccountId", bank.Refused(bank.Award(1) with { CreditAccountId = Bank.Id(9) }).Field);
        Assert.Throws<ArgumentException>(() =>
            bank.Book.Add(new Account(Bank.Id(1), Bank.Id(2), AccountKind.Budget, LedgerUnit.Credit, Bank.Id(1), Bank.Noon))
        );
    }

    [Fact]
    public void Counters_fill_to_the_last_unit_of_a_long_and_never_wrap()
    {
        var bank = new Bank(budget: long.MaxValue - 10);
        var refusal = bank.Refused(bank.Fund(11));
        Assert.Equal((RefusalCodes.CounterOverflow, 10L, bank.Issuance.Id), (refusal.Code, refusal.Limit, refusal.AccountId));
        bank.Do(bank.Fund(10));
        Assert.Equal((long.MaxValue, -long.MaxValue), (bank.Budget.Available, bank.Issuance.Balance));
        Assert.Equal(0, bank.Refused(bank.Fund(1)).Limit);
    }

    [Fact]
    public void A_hold_reserves_room_in_the_counters_so_that_its_post_cannot_overflow()
    {
        var bank = new Bank();
        var hold = bank.Do(TransferOrder.Pending(bank.Next(), bank.Issuance, bank.Budget, long.MaxValue, bank.Now.AddDays(1), "hold"));
        Assert.Equal(RefusalCodes.CounterOverflow, bank.Refused(bank.Fund(1)).Code);
        bank.Do(bank.Post(hold));
        Assert.Equal(long.MaxValue, bank.Budget.Balance);
    }

    [Fact]
    public void Times_are_kept_to_the_microsecond_that_the_database_keeps()
    {
        var bank = new Bank { Now = Bank.Noon.AddTicks(17) };
        var hold = bank.Do(TransferOrder.Pending(bank.Next(), bank.Issuance, bank.Budget, 1, Bank.Noon.AddTicks(39), "hold"));
        Assert.Equal((Bank.Noon.AddTicks(10), Bank.Noon.AddTicks(30)), (hold.CreatedAt, hold.ExpiresAt!.Value));
    }
}
