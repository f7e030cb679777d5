using System.Net;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using GpuGrants.Trees;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>What may not go wrong between a command and its commit, each by its name.</summary>
public sealed class PipelineTests
{
    [Fact]
    public async Task A_poisoned_command_fails_alone_and_costs_the_others_little()
    {
        await using var world = await TestWorld.StartAsync("--Pipeline:Shards=1");
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 1_000);
        var before = await world.ScalarAsync<long>("select version from programme_trees where root_programme_id = $1", tree);
        Task<Outcome>[] good;
        Task bad;
        await using (await world.Locked(tree))
        {
            var first = world.Post(tree, Step.Post(rich, poor, 1));
            await world.UntilBlocked();
            // All of these wait in the queue and become one batch.
            bad = world
                .Pipeline()
                .ExecuteAsync(
                    new Change<bool>
                    {
                        Tree = TreeId.Of(tree),
                        Actor = Actor.Service,
                        Deciding = _ => throw new InvalidDataException("Poison"),
                    },
                    CancellationToken.None
                );
            good = [first, .. Enumerable.Range(0, 63).Select(_ => world.Post(tree, Step.Post(rich, poor, 1)))];
        }

        Assert.All(await Task.WhenAll(good), outcome => Assert.Null(outcome.Refused));
        await Assert.ThrowsAsync<InvalidDataException>(() => bad);
        Assert.Equal(64, await world.Available(poor));
        Assert.InRange(
            await world.ScalarAsync<long>("select version from programme_trees where root_programme_id = $1", tree) - before,
            2,
            8
        );
        await world.Verified();
    }

    [Fact]
    public async Task An_account_that_only_a_refused_command_named_is_made_by_the_next_that_needs_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 10);
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/write-off", new { credits = 50, reason = "Too much" })).ExpectProblem(
            HttpStatusCode.Conflict,
            "insufficient-balance"
        );
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/write-off", new { credits = 4, reason = "A leak" })).Expect(
            HttpStatusCode.Created
        );
        Assert.Equal(4, await world.Balance(scene.Programme, "breakage"));
        await world.Verified();
    }

    [Fact]
    public async Task A_tree_whose_first_command_was_refused_is_made_by_the_next()
    {
        await using var world = await TestWorld.StartAsync();
        var (tree, rich, poor) = (Guid.CreateVersion7(), Guid.NewGuid(), Guid.NewGuid());
        Assert.Equal("insufficient-balance", (await world.Post(tree, Step.Post(rich, poor, 5))).Refused);
        Assert.Null((await world.Post(tree, Step.Post(tree, rich, 5))).Refused);
        Assert.Equal(5, await world.Available(rich));
        await world.Verified();
    }

    [Fact]
    public async Task A_dry_run_that_counts_by_a_new_rule_leaves_the_counting_to_the_real_request()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 20)).Text_("status"));
        await world.Policy(scene.Programme, Scenes.PerMonth("30"));
        await using var second = await world.StartSecondAsync();
        var there = scene.Startup.On(second);
        Assert.Equal(
            "denied",
            (
                await there.Post(
                    "/v1/requests?dryRun=true",
                    new
                    {
                        programmeId = scene.Programme,
                        gpuHours = 20,
                        purpose = "Try",
                    }
                )
            ).Text_("status")
        );
        Assert.Equal("denied", (await there.Ask(scene.Programme, 20)).Text_("status"));
        Assert.Equal("approved", (await there.Ask(scene.Programme, 10)).Text_("status"));
    }

    [Fact]
    public async Task A_caller_who_goes_away_does_not_undo_what_was_accepted()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 10);
        var administrator = await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
        using var gone = new CancellationTokenSource();
        await using (await world.Locked(scene.Programme))
        {
            var leaving = FundAsync(world, scene.Programme, "once", gone.Token);
            await world.UntilBlocked();
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
            // The connection is gone and others have been answered on new ones since: what the command recalls must still be its own.
            (await administrator.Get("/v1/programmes")).Expect(HttpStatusCode.OK);
        }

        var again = await FundAsync(world, scene.Programme, "once", CancellationToken.None);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.True(again.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(15, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(
            world.Admin.ClientId,
            await world.ScalarAsync<string>("select client_id from transfers order by sequence desc limit 1")
        );
    }

    [Fact]
    public async Task A_full_queue_answers_503_and_says_when_to_come_back()
    {
        await using var world = await TestWorld.StartAsync("--Pipeline:Shards=1", "--Pipeline:QueueCapacity=4", "--Pipeline:MaxBatch=1");
        var scene = await world.Scene(credits: 10);
        List<Task<HttpResponseMessage>> calls;
        await using (await world.Locked(scene.Programme))
        {
            calls = [.. Enumerable.Range(0, 12).Select(i => FundAsync(world, scene.Programme, $"key-{i}", CancellationToken.None))];
            var refused = await await Task.WhenAny(calls);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("queue-full", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        }

        var answers = await Task.WhenAll(calls);
        var funded = answers.Count(answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.InRange(funded, 4, 11);
        Assert.Equal(10 + (5 * funded), await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task Stopping_finishes_what_was_accepted_and_refuses_what_is_new()
    {
        await using var world = await TestWorld.StartAsync();
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 100);
        List<Task<Outcome>> accepted;
        Task stopping;
        await using (await world.Locked(tree))
        {
            accepted = [.. Enumerable.Range(0, 20).Select(_ => world.Post(tree, Step.Post(rich, poor, 1)))];
            stopping = world.Pipeline().StopAsync(CancellationToken.None);
            await Assert.ThrowsAsync<PipelineUnavailableException>(() => world.Post(tree, Step.Post(rich, poor, 1)));
        }

        await stopping;
        Assert.Equal(20, await world.Available(poor));
        Assert.All(await Task.WhenAll(accepted), outcome => Assert.Null(outcome.Refused));
    }

    [Fact]
    public async Task The_role_that_cannot_change_the_past_is_kept_on_every_use_of_a_connection()
    {
        await using var world = await TestWorld.StartAsync();
        var database = world.Services.GetRequiredService<NpgsqlDataSource>();
        for (var use = 0; use < 5; use++)
        {
            await using var connection = await database.OpenConnectionAsync();
            await using var command = new NpgsqlCommand("select current_user", connection);
            Assert.Equal("gpugrants_runtime", await command.ExecuteScalarAsync());
        }
    }

    private static async Task<HttpResponseMessage> FundAsync(TestWorld world, Guid programme, string key, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"/v1/programmes/{programme}/fund");
        message.Headers.Authorization = new("Bearer", await world.Admin.TokenAsync());
        message.Headers.Add("Idempotency-Key", key);
        message.Content = new StringContent("""{"credits":5,"reason":"A sponsor pays"}""", System.Text.Encoding.UTF8, "application/json");
        return await world.Http.SendAsync(message, cancellation);
    }
}
