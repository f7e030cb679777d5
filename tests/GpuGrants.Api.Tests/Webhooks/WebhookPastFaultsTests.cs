using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>
/// A fault of the work for an endpoint is past once runs came to all that there was to do when the work last broke: no sooner, however a
/// run ends, and no later, whatever else goes on.
/// </summary>
public sealed class WebhookPastFaultsTests
{
    private static readonly Dictionary<string, Func<WebhookStage, Task>> Untouched = new()
    {
        ["the receiver does not take the event before it"] = async stage =>
        {
            await stage.ParkedAsync();
            await stage.BreakAsync();
            await stage.PassAsync(500);
        },
        ["the receiver does not take the event before it, and it is due hours later"] = async stage =>
        {
            await stage.ParkedAsync();
            await stage.World.ScalarAsync<long>(
                "with later as (update webhook_waiting set attempts = 5, due_at = $1 where sequence = (select max(sequence) "
                    + "from webhook_waiting) returning 1) select count(*) from later",
                stage.World.Now.AddHours(5)
            );
            await stage.BreakAsync();
            await stage.PassAsync(500);
        },
        ["the receiver takes nothing that is due before it"] = async stage =>
        {
            await stage.OthersAsync(12);
            await stage.ParkedAsync();
            await stage.BreakAsync();
            await stage.OthersWaitAsync();
            await stage.PassAsync(500);
        },
        ["it was asked for again, and the receiver takes nothing that is due before it"] = async stage =>
        {
            await stage.OthersAsync(24);
            await stage.TakenAsync();
            await stage.AgainAsync();
            await stage.BreakAsync();
            stage.World.Clock.Advance(TimeSpan.FromMinutes(1));
            await stage.AgainAsync();
            await stage.OthersWaitAsync();
            await stage.PassAsync(500);
        },
        ["more is due before it than one run tries"] = async stage =>
        {
            await stage.ParkedAsync();
            await stage.BreakAsync();
            await stage.NothingWaitsAsync(250);
            await stage.PassAsync(200);
        },
        ["its owner is suspended"] = async stage =>
        {
            await stage.ParkedAsync();
            await stage.BreakAsync();
            await stage.World.SetStatus($"/v1/organizations/{stage.Scene.Organization}", "suspended");
            await stage.PassAsync(200);
        },
    };

    private static readonly Dictionary<string, Func<WebhookStage, Task>> Passed = new()
    {
        ["all was taken"] = async stage =>
        {
            await stage.ParkedAsync();
            await stage.BreakAsync();
            await stage.MendAsync();
            await stage.PassAsync(200);
        },
        ["all was taken but what waits behind later failures"] = async stage =>
        {
            await stage.ParkedAsync();
            var late = await stage.AskAsync(20);
            await stage.BreakAsync();
            await stage.MendAsync();
            stage.World.Clock.Advance(TimeSpan.FromMinutes(20));
            await stage.WithdrawAsync(late);
            await stage.PassAsync(200, but: late);
        },
        ["the receiver took nothing new, and all that waited was tried"] = async stage =>
        {
            await stage.TakenAsync();
            await stage.AgainAsync();
            await stage.BreakAsync();
            await stage.MendAsync();
            await stage.PassAsync(500);
        },
    };

    public static TheoryData<string> WhereItWasNotReached => [.. Untouched.Keys];

    public static TheoryData<string> WhereItWasPassed => [.. Passed.Keys];

    [Theory]
    [MemberData(nameof(WhereItWasNotReached))]
    public async Task A_fault_counts_until_a_run_came_to_what_broke(string where)
    {
        await using var stage = await WebhookStage.SetAsync();
        await Untouched[where](stage);
        Assert.NotNull(stage.BrokenSince);
        Assert.Equal(stage.BrokenSince, await stage.BrokenAsync());
    }

    [Theory]
    [MemberData(nameof(WhereItWasPassed))]
    public async Task A_fault_is_past_once_runs_came_to_all_that_there_was_to_do(string where)
    {
        await using var stage = await WebhookStage.SetAsync();
        await Passed[where](stage);
        Assert.NotNull(stage.BrokenSince);
        Assert.Null(await stage.BrokenAsync());
    }

    /// <summary>Its runs never come to the end of what they read. The platform's tree has nothing of the endpoint's types.</summary>
    [Fact]
    public async Task A_slow_receiver_is_forgiven_a_fault_also_where_other_trees_have_nothing_for_it()
    {
        await using var stage = await WebhookStage.SetAsync();
        await stage.World.DispatchAsync();
        await stage.World.RefusePositionsAsync();
        await stage.AskAsync(1);
        await stage.World.Organization(name: "Something of the platform's tree");
        await stage.World.DispatchAsync();
        Assert.NotNull(await stage.BrokenAsync());
        await stage.World.KeepPositionsAsync();
        stage.World.Clock.Advance(TimeSpan.FromMinutes(20));
        stage.Scene.Startup.ForgetToken();
        // More than are sent before it is written down how far that came.
        for (var i = 0; i < 150; i++)
            await stage.AskAsync(0.01m);
        var calls = 0;
        var seen = new TaskCompletionSource<DateTimeOffset?>();
        stage.Receiver.Answer = (_, _) =>
        {
            stage.World.Clock.Advance(TimeSpan.FromSeconds(10));
            // Some ten calls are a run.
            if (Interlocked.Increment(ref calls) == 20)
                seen.SetResult(stage.BrokenAsync().GetAwaiter().GetResult());
            return 200;
        };
        await stage.World.DispatchAsync();
        Assert.Null(await seen.Task);
    }

    [Fact]
    public async Task Work_that_breaks_behind_an_event_that_is_not_taken_is_told_of()
    {
        await using var stage = await WebhookStage.SetAsync();
        await stage.ParkedAsync();
        await stage.SpoilAsync();
        stage.World.Clock.Advance(TimeSpan.FromSeconds(6));
        // An answer of 500 now and then keeps such runs from coming to the event behind it.
        for (var hour = 0; hour < 6 * 24; hour += 6)
        {
            stage.Answers(hour is 48 or 96 ? 500 : 200);
            await stage.World.DispatchAsync();
            stage.World.Clock.Advance(TimeSpan.FromHours(6));
        }

        stage.Scene.Startup.ForgetToken();
        var found = (await stage.Scene.Startup.Get(stage.Path)).Expect(HttpStatusCode.OK);
        Assert.Equal("disabled", found.Text_("status"));
        Assert.StartsWith("For five days the service could not work for it.", found.Text_("disabledReason"), StringComparison.Ordinal);
        Assert.Single(
            (await stage.Scene.Startup.Get("/v1/events?types=webhook-endpoint.failing")).Expect(HttpStatusCode.OK)["data"].AsArray()
        );
    }

    /// <summary>What it took in runs that broke later was sent again in the next, and is not written down as taken.</summary>
    [Fact]
    public async Task A_receiver_that_takes_what_it_gets_is_not_told_of_as_failing_because_the_work_breaks()
    {
        await using var stage = await WebhookStage.SetAsync();
        await stage.ParkedAsync();
        await stage.SpoilAsync();
        foreach (var (hours, status) in ((int, int)[])[(1, 500), (1, 200), (71, 500), (1, 200)])
        {
            stage.World.Clock.Advance(TimeSpan.FromHours(hours));
            stage.Answers(status);
            await stage.World.DispatchAsync();
        }

        Assert.Equal(0, await stage.World.ScalarAsync<long>("select count(*) from webhook_dispatch where noticed_at is not null"));
    }
}
