using GpuGrants.Api.Webhooks.Dispatch;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>Attempts of one run end at the same time.</summary>
public sealed class RunTallyTests
{
    private const int Rounds = 10_000;

    /// <summary>Two threads meet in each round. How often they really do is up to the machine, so there are many rounds.</summary>
    [Fact]
    public void A_receiver_that_wants_nothing_more_is_heard_whatever_else_fails_at_that_moment()
    {
        const int Others = 40;
        var tallies = Enumerable.Range(0, Rounds).Select(_ => new RunTally()).ToArray();
        var (one, other) = (-1, -1);
        Parallel.Invoke(
            () =>
                Each(
                    ref one,
                    ref other,
                    round =>
                    {
                        for (var i = 0; i < Others; i++)
                            tallies[round].Failed(isGone: false);
                    }
                ),
            () =>
                Each(
                    ref other,
                    ref one,
                    round =>
                    {
                        Thread.SpinWait(round % Others);
                        tallies[round].Failed(isGone: true);
                    }
                )
        );
        Assert.All(tallies, tally => Assert.Equal((true, Others + 1), (tally.IsGone, tally.Failures)));
    }

    private static void Each(ref int mine, ref int others, Action<int> body)
    {
        for (var round = 0; round < Rounds; round++)
        {
            Volatile.Write(ref mine, round);
            for (var spin = new SpinWait(); Volatile.Read(ref others) < round; )
                spin.SpinOnce();
            body(round);
        }
    }
}
