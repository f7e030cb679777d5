using CsCheck;

namespace GpuGrants.Tests.Ledger;

/// <summary>Whatever is asked of the book, it answers as <see cref="NaiveLedger"/> does.</summary>
public class BookProperties
{
    private enum Ask
    {
        Move,
        Hold,
        Take,
        Void,
        Expire,
        Correct,
        Again,
    }

    private static readonly Gen<long> Amounts = Gen.Frequency(
        (12, Gen.Long[1, 30]),
        (2, Gen.Long[-1, 0]),
        (1, Gen.Long[(long.MaxValue / 2) - 20, (long.MaxValue / 2) + 20])
    );

    private static readonly Gen<(Ask Ask, int From, int To, long Amount, int Pick)[]> Chains = Gen.Select(
        Gen.Enum<Ask>(),
        Gen.Int[0, 3],
        Gen.Int[0, 3],
        Amounts,
        Gen.Int[0, 1_000],
        (ask, from, to, amount, pick) => (ask, from, to, amount, pick)
    ).Array[1, 4];

    private static readonly Gen<((Ask, int, int, long, int)[] Chain, int Hours)[]> Histories = Gen.Select(
        Chains,
        Gen.Int[0, 3],
        (chain, hours) => (chain, hours)
    ).Array[1, 25];

    [Fact]
    public void The_book_accepts_what_the_paper_ledger_accepts_and_counts_the_same() =>
        Histories.Sample(
            history =>
            {
                var (journal, naive) = Begin();
                foreach (var (asked, hours) in history)
                {
                    journal.Now = journal.Now.AddHours(hours);
                    var chain = Orders(journal, asked);
                    Assert.Equal(naive.Take(chain, journal.Now), journal.TryPost(chain, out _));
                    foreach (var account in journal.Accounts)
                        Same(naive.Count(account.Id), account);
                }
            },
            iter: 1_000
        );

    [Fact]
    public void Whatever_happened_no_floor_is_broken_sums_are_zero_and_the_audit_finds_nothing() =>
        Histories.Sample(
            history =>
            {
                var (journal, _) = Begin();
                foreach (var (asked, hours) in history)
                {
                    journal.Now = journal.Now.AddHours(hours);
                    journal.TryPost(Orders(journal, asked), out _);
                    Assert.Equal(0, journal.Accounts.Sum(account => account.Balance));
                    Assert.All(journal.Accounts, account => Assert.True(!account.IsFloored || account.Available >= 0));
                }

                Assert.Equal(Enumerable.Range(1, journal.Transfers.Count), journal.Transfers.Select(one => (int)one.Sequence));
                Assert.Empty(new Evidence(journal).Audit().Findings);
            },
            iter: 1_000
        );

    private static (Journal Journal, NaiveLedger Naive) Begin()
    {
        var journal = new Journal();
        var naive = new NaiveLedger(journal.Accounts);
        var fund = journal.Posting(journal.Source, journal.Budget, 100);
        Assert.True(naive.Take([fund], journal.Now));
        journal.Post(fund);
        return (journal, naive);
    }

    private static List<TransferOrder> Orders(Journal journal, (Ask Ask, int From, int To, long Amount, int Pick)[] asked)
    {
        var chain = new List<TransferOrder>();
        foreach (var (ask, from, to, amount, pick) in asked)
        {
            var known = journal.Transfers.Select(one => one.Id).Concat(chain.Select(one => one.Id)).ToList();
            var holds = journal
                .OpenHolds()
                .Select(one => one.Id)
                .Concat(chain.Where(one => one.Kind == TransferKind.Pending).Select(one => one.Id))
                .ToList();
            var any = known[pick % known.Count];
            var hold = holds.Count > 0 && pick % 4 > 0 ? holds[pick % holds.Count] : any;
            var (debit, credit) = (journal.Accounts[from], journal.Accounts[to]);
            chain.Add(
                ask switch
                {
                    Ask.Move => journal.Posting(debit, credit, amount),
                    Ask.Hold => journal.Holding(debit, credit, amount, hours: 1 + (pick % 5)),
                    Ask.Take => journal.Taking(hold, pick % 3 == 0 ? 0 : amount),
                    Ask.Void => journal.Voiding(hold),
                    Ask.Expire => journal.Voiding(hold, TransferReasons.Expired),
                    Ask.Correct => TransferOrder.Correction(journal.NewId(), journal.Transfers[pick % journal.Transfers.Count], amount),
                    _ => journal.Posting(debit, credit, amount) with { Id = any },
                }
            );
        }

        return chain;
    }

    private static void Same(
        (Int128 DebitsPending, Int128 DebitsPosted, Int128 CreditsPending, Int128 CreditsPosted, int Version) expected,
        Account account
    )
    {
        var found = account.Counters;
        Assert.Equal(expected, (found.DebitsPending, found.DebitsPosted, found.CreditsPending, found.CreditsPosted, (int)found.Version));
    }
}
