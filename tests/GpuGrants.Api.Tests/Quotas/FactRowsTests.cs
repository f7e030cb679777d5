using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Units;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>Facts as rows: what is written is read back.</summary>
public sealed class FactRowsTests
{
    private static readonly DateTimeOffset Held = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = Held.AddHours(5);
    private static readonly GpuTime Time = GpuTime.FromSeconds(7_200);
    private static readonly Credits Paid = Credits.FromUnits(1_234);
    private static readonly GrantLife Life = new(Now, Now.AddDays(3), 2);

    /// <summary>One of each kind, with the word that the database has for it.</summary>
    private static readonly (string Word, QuotaFact Fact)[] Each =
    [
        ("requested", QuotaFact.Requested(Now)),
        ("reasked", QuotaFact.Reasked(Now)),
        ("request-closed", QuotaFact.RequestClosed(Now, Held)),
        ("held", QuotaFact.Held(Now, Time, Paid, 2).Of(Life, GpuTime.Zero)),
        ("held-more", QuotaFact.HeldMore(Now, Time, Paid).Of(Life, Time)),
        ("hold-released", QuotaFact.HoldReleased(Now, Held, Time, Paid, 2, isWhole: true).Of(Life, Time)),
        ("granted", QuotaFact.Granted(Now, Held, Time, Paid, 2).Of(Life, GpuTime.Zero)),
        ("topped-up", QuotaFact.ToppedUp(Now, Held, Time, Paid).Of(Life, Time)),
        ("returned", QuotaFact.Returned(Now, Held, Time, Paid).Of(Life, Time)),
        ("used", QuotaFact.Used(Now, Held, Time).Since(Held.AddHours(-1)).Of(Life, Time)),
        ("unused", QuotaFact.Unused(Now, Held, Time).Of(Life, Time)),
        ("moved-out", QuotaFact.MovedOut(Now, Held, Time, Paid, isWhole: true).Of(Life, Time)),
        ("moved-in", QuotaFact.MovedIn(Now, Held, Time, Paid, isWhole: false).Of(Life, Time)),
        ("gpus-given-back", QuotaFact.GpusGivenBack(Now, Held, 1)),
        ("gpus-taken-again", QuotaFact.GpusTakenAgain(Now, Held, 1)),
        ("grant-ended", QuotaFact.GrantEnded(Now, Held, 2).Of(Life, Time)),
    ];

    [Fact]
    public void Each_kind_of_fact_has_a_stored_word_and_is_read_back_as_it_was()
    {
        Assert.Equal(Enum.GetValues<QuotaFactKind>(), Each.Select(one => one.Fact.Kind).Order());
        foreach (var (word, fact) in Each)
        {
            Assert.Equal([word], Written(fact));
            Assert.Equal([fact], ReadBack(fact));
        }
    }

    [Fact]
    public void Facts_of_one_decision_and_instant_share_a_row_and_others_do_not()
    {
        var (asked, closed) = (QuotaFact.Requested(Now), QuotaFact.RequestClosed(Now, Now));
        var granted = QuotaFact.Granted(Now, Now, Time, Paid, 2).Of(Life, GpuTime.Zero);
        var released = QuotaFact.HoldReleased(Now, Held, Time, Paid, 2, isWhole: true).Of(Life, Time);
        (string[] Words, QuotaFact[] Facts)[] cases =
        [
            (["awarded"], [asked, closed, granted]),
            (["refused"], [asked, closed]),
            (["refused", "topped-up"], [asked, closed, QuotaFact.ToppedUp(Now, Time, Paid).Of(Life, Time)]),
            (["referred"], [asked, QuotaFact.Held(Now, Time, Paid, 2).Of(Life, GpuTime.Zero)]),
            (["released", "granted"], [released, QuotaFact.RequestClosed(Now, Held), QuotaFact.Granted(Now, Held, Time, Paid, 2)]),
            (["hold-released", "request-closed"], [released, closed]),
            (["reasked", "request-closed", "granted"], [QuotaFact.Reasked(Now), closed, granted]),
        ];
        foreach (var (words, facts) in cases)
        {
            Assert.Equal(words, Written(facts));
            Assert.Equal(facts, ReadBack(facts));
        }
    }

    private static IEnumerable<string> Written(params QuotaFact[] facts) =>
        FactRows.ToRows(facts, Guid.NewGuid(), 1, 0, Guid.NewGuid()).Select(row => row.Kind);

    private static IEnumerable<QuotaFact> ReadBack(params QuotaFact[] facts) =>
        FactRows.ToRows(facts, Guid.NewGuid(), 1, 0, Guid.NewGuid()).SelectMany(FactRows.FromRow);
}
