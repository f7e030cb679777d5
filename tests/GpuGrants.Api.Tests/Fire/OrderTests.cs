using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Whatever many callers do at once on two replicas, it is as if one had come after the other.</summary>
public sealed class OrderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Everything_that_was_answered_fits_one_order_that_the_sequential_ledger_accepts(bool connectionsBreak)
    {
        var database = await TestDatabase.CreateAsync();
        var report = await new OrderRun(database, Random.Shared.Next()).RunAsync(calls: connectionsBreak ? 12 : 40, connectionsBreak);
        Assert.True(report.Findings.Count == 0, $"seed {report.Seed}: {string.Join('\n', report.Findings)}");
        Assert.InRange(report.Refused, report.Calls / 20, report.Calls * 9 / 10);
        Assert.True(!connectionsBreak || report.Repeated > 0, $"seed {report.Seed}: no call had to be sent again");
        Assert.Empty(await CrashCheck.VerifyAsync(database));
        await TestDatabase.DropAsync(database);
    }

    [Fact]
    public void An_answer_that_fits_no_order_is_found()
    {
        var (tree, rich, poor, noon) = (
            Guid.NewGuid(),
            Guid.NewGuid(),
            Guid.NewGuid(),
            new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero)
        );
        OrderRun.Asked Call(Step step, string? refused, long sequence, long from) =>
            new([step], new Outcome(refused, sequence, noon), from, from + 1, 1);
        var fund = Call(Step.Post(tree, rich, 10), null, 1, 1);
        Assert.Empty(
            OrderCheck.Run(
                tree,
                [fund, Call(Step.Post(rich, poor, 10), null, 2, 3), Call(Step.Post(rich, poor, 1), "insufficient-balance", 2, 5)]
            )
        );
        Assert.NotEmpty(OrderCheck.Run(tree, [fund, Call(Step.Post(rich, poor, 11), null, 2, 3)]));
        Assert.NotEmpty(OrderCheck.Run(tree, [fund, Call(Step.Post(rich, poor, 9), "insufficient-balance", 1, 3)]));
        // Refused as if before the funds came, by somebody who asked after they had.
        Assert.NotEmpty(OrderCheck.Run(tree, [fund, Call(Step.Post(rich, poor, 9), "insufficient-balance", 0, 3)]));
    }
}
