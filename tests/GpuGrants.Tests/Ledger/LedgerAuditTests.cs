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
        Assert.Contains(
            _evidence.Audit().Findings,
            one => one.Code == FindingCodes.CountersWrong && one.Sequence == sequence && one.TransferId == Of(sequence).Id
        );
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

    [Fact]
    public void A_reason_that_the_service_never_writes_is_found_where_nothing_is_sealed_yet()
    {
        _evidence.Change(7, transfer => transfer with { Reason = "Some Reason" });
        var finding = Assert.Single(_evidence.Audit().Findings);
        Assert.Equal((FindingCodes.TransferChanged, 7L), (finding.Code, finding.Sequence!.Value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void A_changed_amount_is_held_against_its_own_row_alone(int sequence)
    {
        _evidence.Change(sequence, transfer => transfer with { Amount = transfer.Amount + 1 });
        Assert.All(
            _evidence.Audit().Findings,
            one =>
                Assert.True(
                    one.TransferId == Of(sequence).Id || (one.Code == FindingCodes.BlockBroken && one.BlockNumber == Block(sequence)),
                    one.Message
                )
        );
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(7)]
    public void An_amount_near_the_end_of_64_bits_is_named_like_any_other(int sequence)
    {
        _evidence.Change(
            sequence,
            transfer =>
                transfer with
                {
                    Amount = long.MaxValue,
                    DebitAfter = transfer.DebitAfter with { DebitsPending = long.MaxValue, DebitsPosted = long.MaxValue },
                }
        );
        Assert.Contains(_evidence.Audit().Findings, one => one.Code == FindingCodes.CountersWrong && one.TransferId == Of(sequence).Id);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public void Changed_counters_are_held_against_their_own_row_alone(int sequence)
    {
        _evidence.Change(
            sequence,
            transfer => transfer with { DebitAfter = transfer.DebitAfter with { DebitsPosted = transfer.DebitAfter.DebitsPosted + 1_000 } }
        );
        var findings = _evidence.Audit().Findings;
        Assert.Contains(findings, one => one.Code == FindingCodes.CountersWrong);
        Assert.All(findings, one => Assert.True(one.Sequence == sequence || one.BlockNumber == Block(sequence), one.Message));
    }

    [Fact]
    public void A_transfer_moved_to_another_account_is_held_against_itself_alone()
    {
        _evidence.Change(7, transfer => transfer with { DebitAccountId = _journal.Budget.Id });
        var findings = _evidence.Audit().Findings;
        Assert.NotEmpty(findings);
        Assert.All(findings, one => Assert.True(one.Sequence == 7, one.Message));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void A_missing_transfer_is_named_by_its_number_and_nothing_else_but_its_block(int sequence)
    {
        _evidence.Transfers.RemoveAt(sequence - 1);
        var findings = _evidence.Audit().Findings;
        Assert.Equal(sequence, Assert.Single(findings, one => one.Code == FindingCodes.TransferMissing).Sequence);
        Assert.Equal(
            sequence <= 5 ? [(FindingCodes.BlockBroken, Block(sequence))] : [],
            findings.Where(one => one.Code != FindingCodes.TransferMissing).Select(one => (one.Code, one.BlockNumber))
        );
    }

    [Fact]
    public void All_transfers_of_a_block_that_are_missing_are_named_at_once()
    {
        _evidence.Transfers.RemoveRange(3, 2);
        var findings = _evidence.Audit().Findings;
        Assert.Equal(
            [FindingCodes.TransferMissing, FindingCodes.BlockBroken],
            findings.Select(one => one.Code).OrderDescending(StringComparer.Ordinal)
        );
        Assert.Contains(findings, one => one.Sequence == 4 && one.Message.Contains("4 to 5", StringComparison.Ordinal));
        Assert.Contains(findings, one => one.BlockNumber == 2);
    }

    [Fact]
    public void An_inserted_transfer_is_named()
    {
        var inserted = Of(7) with { Id = Journal.Id(7_777), Sequence = 4 };
        foreach (var place in (int[])[3, 4])
        {
            _evidence.Transfers.Insert(place, inserted);
            Assert.Equal((FindingCodes.TransferInserted, inserted.Id), Single(_evidence));
            _evidence.Transfers.RemoveAt(place);
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(900)]
    public void A_transfer_inserted_where_nothing_is_sealed_yet_is_named(long sequence)
    {
        var inserted = Of(1) with { Id = Journal.Id(7_777), Sequence = sequence };
        _evidence.Transfers.Insert(sequence == 7 ? 6 : 7, inserted);
        Assert.Equal((FindingCodes.TransferInserted, inserted.Id), Single(_evidence));
    }

    [Fact]
    public void A_row_that_cannot_be_read_is_named_and_the_rest_is_checked_all_the_same()
    {
        using var audit = new LedgerAudit(Journal.Root, 7, _evidence.Accounts, _evidence.Blocks);
        foreach (var transfer in _evidence.Transfers)
        {
            if (transfer.Sequence == 4)
                audit.TakeUnreadable(4, transfer.Id, "'given' is no transfer kind.");
            else
                audit.Take(transfer);
        }

        Assert.Equal(
            [FindingCodes.TransferChanged, FindingCodes.BlockBroken],
            audit.Finish(_evidence.Holds, []).Findings.Select(one => one.Code)
        );
    }

    [Fact]
    public void Findings_beyond_what_is_shown_are_counted()
    {
        for (var i = 0; i < LedgerAudit.MaxFindings + 5; i++)
            _evidence.Transfers.Insert(4, Of(4) with { Id = Journal.Id(7_000 + i) });
        var report = _evidence.Audit();
        Assert.Equal((LedgerAudit.MaxFindings, LedgerAudit.MaxFindings + 5L), (report.Findings.Count, report.Found));
    }

    [Theory]
    [InlineData(AccountKind.Breakage, 2)]
    [InlineData(AccountKind.Budget, 5)]
    public void An_account_row_with_another_kind_or_owner_is_named(AccountKind kind, int owner)
    {
        var budget = _journal.Budget;
        _evidence.Accounts[1] = new Account(Journal.Root, budget.Id, kind, budget.Unit, Journal.Id(owner), Journal.Noon, budget.Counters);
        var finding = Assert.Single(_evidence.Audit().Findings);
        Assert.Equal((FindingCodes.AccountWrong, budget.Id), (finding.Code, finding.AccountId!.Value));
    }

    [Fact]
    public void An_account_row_with_another_unit_is_named()
    {
        var grant = _journal.Grant;
        _evidence.Accounts[2] = new Account(
            Journal.Root,
            grant.Id,
            grant.Kind,
            LedgerUnit.Gpu("h100"),
            grant.OwnerId,
            Journal.Noon,
            grant.Counters
        );
        var finding = Assert.Single(_evidence.Audit().Findings);
        Assert.Equal((FindingCodes.AccountWrong, grant.Id), (finding.Code, finding.AccountId!.Value));
    }

    [Theory]
    [InlineData("expiry")]
    [InlineData("unit")]
    [InlineData("request")]
    public void A_hold_row_that_says_otherwise_than_its_transfer_is_named(string what)
    {
        var hold = _evidence.Holds[0];
        _evidence.Holds[0] = new Hold(
            hold.Id,
            hold.DebitAccountId,
            hold.CreditAccountId,
            what == "unit" ? LedgerUnit.Gpu("h100") : hold.Unit,
            hold.Amount,
            what == "expiry" ? hold.ExpiresAt.AddDays(1) : hold.ExpiresAt,
            what == "request" ? Journal.Id(3_000) : hold.RequestId
        );
        Assert.Equal((FindingCodes.HoldWrong, Of(6).Id), Single(_evidence));
    }

    [Fact]
    public void A_changed_account_row_is_named()
    {
        var budget = _journal.Budget;
        _evidence.Accounts[1] = Journal.New(
            budget.Kind,
            2,
            budget.Unit,
            budget.Counters with
            {
                CreditsPosted = budget.Counters.CreditsPosted + 1,
            }
        );
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
        var overdraft = Append(
            Of(7) with
            {
                Id = Journal.Id(7_777),
                Amount = 1_000,
                DebitAfter = TransferEffect.Debit(debit.Counters, TransferKind.Posted, 1_000, 0),
                CreditAfter = TransferEffect.Credit(credit.Counters, TransferKind.Posted, 1_000, 0),
            }
        );
        _evidence.Accounts[2] = Journal.New(debit.Kind, 3, debit.Unit, overdraft.DebitAfter);
        _evidence.Accounts[3] = Journal.New(credit.Kind, 4, credit.Unit, overdraft.CreditAfter);
        var finding = Assert.Single(_evidence.Audit().Findings);
        Assert.Equal((FindingCodes.FloorBroken, 8L, debit.Id), (finding.Code, finding.Sequence!.Value, finding.AccountId!.Value));
    }

    [Fact]
    public void A_correction_of_more_than_moved_is_found()
    {
        _evidence.Change(5, transfer => transfer with { Amount = 11 });
        Assert.Contains(_evidence.Audit().Findings, one => one.Code == FindingCodes.CorrectionWrong && one.TransferId == Of(5).Id);
    }

    [Fact]
    public void A_wrong_correction_is_named_even_when_a_right_one_follows()
    {
        var wrong = Append(
            Of(5) with
            {
                Id = Journal.Id(7_777),
                Amount = 1,
                DebitAccountId = _journal.Earned.Id,
                CreditAccountId = _journal.Grant.Id,
            }
        );
        _evidence.Transfers.Add(Of(5) with { Id = Journal.Id(7_778), Amount = 1, Sequence = 9 });
        _evidence.LastSequence = 9;
        Assert.Equal(wrong.Id, Assert.Single(_evidence.Audit().Findings, one => one.Code == FindingCodes.CorrectionWrong).TransferId);
    }

    [Fact]
    public void Time_that_ran_backwards_is_found()
    {
        _evidence.Change(7, transfer => transfer with { CreatedAt = Journal.Noon.AddSeconds(-1) });
        Assert.Equal((FindingCodes.TimeRanBackwards, Of(7).Id), Single(_evidence));
    }

    [Fact]
    public void A_block_that_was_taken_out_is_named_and_the_next_is_checked_all_the_same()
    {
        _evidence.Blocks.RemoveAt(0);
        var finding = Assert.Single(_evidence.Audit().Findings);
        Assert.Equal((FindingCodes.BlockMissing, 1L, 1L), (finding.Code, finding.BlockNumber!.Value, finding.Sequence!.Value));
        _evidence.Change(4, transfer => transfer with { Note = "Never mind" });
        Assert.Equal([FindingCodes.BlockMissing, FindingCodes.TransferChanged, FindingCodes.BlockBroken], Codes());
    }

    [Theory]
    [InlineData("hash")]
    [InlineData("previous")]
    [InlineData("digests")]
    public void A_block_in_which_somebody_wrote_is_named_and_no_row_is(string what)
    {
        var other = new byte[32];
        var block = _evidence.Blocks[0];
        _evidence.Blocks[0] = what switch
        {
            "hash" => block with { Hash = other },
            "previous" => block with { PreviousHash = _evidence.Blocks[1].Hash },
            _ => block with { RowDigests = new byte[24] },
        };
        var finding = Assert.Single(_evidence.Audit().Findings);
        Assert.Equal((FindingCodes.BlockBroken, 1L), (finding.Code, finding.BlockNumber!.Value));
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

    private static long? Block(int sequence) =>
        sequence <= 3 ? 1
        : sequence <= 5 ? 2
        : null;

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
