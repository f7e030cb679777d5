using GpuGrants.Ledger;

namespace GpuGrants.Tests.Ledger;

/// <summary>Seven transfers, the first five sealed in blocks of three and two, and every way to tamper with them.</summary>
public class LedgerAuditTests
{
    private readonly Journal _journal = new();
    private readonly Evidence _evidence;

    public LedgerAuditTests()
    {
        _journal.Post(_journal.Posting(_journal.Source, _journal.Budget, 100));
        var hold = _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 40));
        _journal.Post(_journal.Taking(hold.Id, 25));
        var award = _journal.Post(_journal.Posting(_journal.Budget, _journal.Earned, 10));
        _journal.Post(TransferOrder.Correction(_journal.NewId(), award, 5));
        _journal.Post(_journal.Holding(_journal.Budget, _journal.Grant, 20));
        _journal.Post(_journal.Posting(_journal.Grant, _journal.Earned, 5));
        _evidence = new Evidence(_journal, 3, 2);
    }

    [Fact]
    public void An_honest_ledger_is_found_in_order_and_says_what_was_looked_at()
    {
        var report = _evidence.Audit();
        Assert.Empty(report.Findings);
        Assert.Equal((7, 4, 1, 2, 5), (report.Transfers, report.Accounts, report.OpenHolds, report.Blocks, report.Sealed));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(7)]
    public void A_changed_amount_is_found_sealed_or_not(int sequence)
    {
        _evidence.Change(sequence, transfer => transfer with { Amount = transfer.Amount + 1 });
        Assert.Contains(_evidence.Audit().Findings, one => one.Code == FindingCodes.CountersWrong && one.Sequence == sequence && one.TransferId == Of(sequence).Id);
        Assert.Equal(sequence <= 5, Codes().Contains(FindingCodes.BlockBroken));
    }

    [Fact]
    public void A_sealed_row_in_which_only_words_changed_is_named_by_its_digest_and_its_block()
    {
        _evidence.Change(4, transfer => transfer with { Note = "Never mind" });
        var findings = _evidence.Audit().Findings;
        Assert.Equal([FindingCodes.TransferChanged, FindingCodes.BlockBroken], findings.Select(one => one.Code));
        Assert.Equal((4L, Of(4).Id, 2L), (findings[0].Sequence!.Value, findings[0].TransferId!.Value, findings[0].BlockNumber!.Value));
        Assert.Equal(2, findings[1].BlockNumber);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void A_missing_transfer_is_named_by_its_number(int sequence)
    {
        _evidence.Transfers.RemoveAt(sequence - 1);
        Assert.Contains(_evidence.Audit().Findings, one => one.Code == FindingCodes.TransferMissing && one.Sequence == sequence);
    }

    [Fact]
    public void A_missing_last_transfer_is_told_by_the_trees_own_count()
    {
        _evidence.Transfers.RemoveAt(6);
        Assert.Contains(_evidence.Audit().Findings, one => one.Code == FindingCodes.SequenceWrong && one.Sequence == 6);
    }

    [Fact]
    public void An_inserted_transfer_is_named()
    {
        var inserted = Of(7) with { Id = Journal.Id(7_777), Sequence = 4 };
        _evidence.Transfers.Insert(4, inserted);
        Assert.Contains(_evidence.Audit().Findings, one => one.Code == FindingCodes.TransferInserted && one.TransferId == inserted.Id);
    }

    [Fact]
    public void A_changed_account_row_is_named()
    {
        var budget = _journal.Budget;
        _evidence.Accounts[1] = Journal.New(budget.Kind, 2, budget.Unit, budget.Counters with { CreditsPosted = budget.Counters.CreditsPosted + 1 });
        var finding = Assert.Single(_evidence.Audit().Findings);
        Assert.Equal((FindingCodes.AccountWrong, budget.Id), (finding.Code, finding.AccountId!.Value));
    }

    [Fact]
    public void A_deleted_account_row_is_named()
    {
        _evidence.Accounts.RemoveAt(3);
        Assert.Contains(_evidence.Audit().Findings, one => one.Code == FindingCodes.AccountMissing && one.AccountId == _journal.Earned.Id);
    }

    [Fact]
    public void A_hold_with_two_ends_is_found_at_the_second()
    {
        Append(Of(3) with { Id = Journal.Id(7_777) });
        Assert.Contains(_evidence.Audit().Findings, one => one.Code == FindingCodes.HoldWrong && one.Sequence == 8);
    }

    [Fact]
    public void A_hold_row_that_does_not_fit_its_transfers_is_named()
    {
        _evidence.Holds.Clear();
        Assert.Equal((FindingCodes.HoldWrong, Of(6).Id), Single(_evidence));
        _evidence.Holds.AddRange(_journal.OpenHolds());
        _evidence.Holds.Add(new Hold(Of(2).Id, _journal.Budget.Id, _journal.Grant.Id, LedgerUnit.Credit, 40, Journal.Noon));
        Assert.Equal((FindingCodes.HoldWrong, Of(2).Id), Single(_evidence));
    }

    [Fact]
    public void An_overdraft_is_found_even_when_all_counters_agree()
    {
        var (debit, credit) = (_journal.Grant, _journal.Earned);
        var overdraft = Append(Of(7) with
        {
            Id = Journal.Id(7_777),
            Amount = 1_000,
            DebitAfter = Movement.Debit(debit.Counters, TransferKind.Posted, 1_000, 0),
            CreditAfter = Movement.Credit(credit.Counters, TransferKind.Posted, 1_000, 0),
        });
        _evidence.Accounts[2] = Journal.New(debit.Kind, 3, debit.Unit, overdraft.DebitAfter);
        _evidence.Accounts[3] = Journal.New(credit.Kind, 4, credit.Unit, overdraft.CreditAfter);
        var finding = Assert.Single(_evidence.Audit().Findings);
        Assert.Equal((FindingCodes.FloorBroken, 8L, debit.Id), (finding.Code, finding.Sequence!.Value, finding.AccountId!.Value));
    }

    [Fact]
    public void A_correction_of_more_than_moved_is_found()
    {
        _evidence.Change(5, transfer => transfer with { Amount = 11 });
        Assert.Contains(_evidence.Audit().Findings, one => one.Code == FindingCodes.CorrectionWrong && one.TransferId == Of(4).Id);
    }

    [Fact]
    public void Time_that_ran_backwards_is_found()
    {
        _evidence.Change(7, transfer => transfer with { CreatedAt = Journal.Noon.AddSeconds(-1) });
        Assert.Equal((FindingCodes.TimeRanBackwards, Of(7).Id), Single(_evidence));
    }

    [Fact]
    public void A_block_that_was_taken_out_is_missed()
    {
        _evidence.Blocks.RemoveAt(0);
        Assert.Contains(FindingCodes.BlockMissing, Codes());
    }

    [Fact]
    public void A_row_sealed_anew_in_its_block_breaks_the_block_after_it()
    {
        _evidence.Change(2, transfer => transfer with { Note = "Rewritten" });
        _evidence.Blocks[0] = Evidence.Seal(_evidence.Transfers, 3)[0];
        var finding = Assert.Single(_evidence.Audit().Findings);
        Assert.Equal((FindingCodes.BlockBroken, 2L), (finding.Code, finding.BlockNumber!.Value));
    }

    private static (string, Guid) Single(Evidence evidence)
    {
        var finding = Assert.Single(evidence.Audit().Findings);
        return (finding.Code, finding.TransferId!.Value);
    }

    private Transfer Of(int sequence) => _journal.Transfers[sequence - 1];

    private IEnumerable<string> Codes() => _evidence.Audit().Findings.Select(one => one.Code);

    private Transfer Append(Transfer transfer)
    {
        var added = transfer with { Sequence = 8 };
        _evidence.Transfers.Add(added);
        _evidence.LastSequence = 8;
        return added;
    }
}
