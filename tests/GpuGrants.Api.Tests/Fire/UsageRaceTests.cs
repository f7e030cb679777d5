using System.Net;
using GpuGrants.Api.Sweeps;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Bug class: usage is paid twice, or out of nothing, when everybody acts on a grant at once.</summary>
public sealed class UsageRaceTests
{
    private const int LimitHours = 40;

    [Fact]
    public async Task Late_duplicate_and_corrected_usage_ends_settlements_and_requests_on_two_replicas_lose_and_make_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene(credits: 200, capacity: 200, rules: UsedInAll());
        var random = new Random(7);
        for (var round = 0; round < 4; round++)
        {
            var asked = await scene.Startup.Ask(scene.Programme, 12, new { gpus = 2 });
            if (asked.Text_("status") != "approved")
                continue;
            var grant = asked.Text_("grantId");
            await world.PassAsync(TimeSpan.FromHours(10), scene.Startup, scene.Operator, second.Admin);
            var records = Enumerable.Range(0, 6).Select(_ => Record(world, random, grant)).ToArray();
            await scene.Operator.Post("/v1/usage-records", Report(records[..3]));
            string Path(int record, string action) => $"/v1/grants/{grant}/usage-records/{records[record].Id}/{action}";
            var correction = Record(world, random, grant);
            var replies = await Task.WhenAll(
                scene.Operator.Post("/v1/usage-records", Report(records)),
                scene.Operator.On(second).Post("/v1/usage-records", Report([.. records.Reverse()])),
                scene.Operator.Post(Path(0, "void"), new { reason = "Not theirs" }),
                scene.Operator.On(second).Post(Path(1, "replace"), Correction(correction)),
                scene.Operator.Post(Path(1, "void"), new { reason = "Not theirs" }),
                scene.Startup.On(second).Post($"/v1/grants/{grant}/close"),
                world.Admin.Post($"/v1/grants/{grant}/revoke", new { reason = "Abuse" }, ("If-Match", "*")),
                scene.Operator.On(second).Post($"/v1/grants/{grant}/settle"),
                scene.Startup.Ask(scene.Programme, 15),
                scene.Startup.On(second).Ask(scene.Programme, 15)
            );
            await Task.WhenAll(SweepAsync(world), SweepAsync(second));
            Assert.All(replies, reply => Assert.True((int)reply.Status < 500 && reply.Status != HttpStatusCode.BadRequest, reply.Text));
            await AssertConservedAsync(world, scene);
            await scene.Operator.Post(Path(2, "replace"), Correction(correction));
            await scene.Operator.Post(Path(2, "void"), new { reason = "Not theirs" });
            await AssertConservedAsync(world, scene);
        }

        await world.PassAsync(TimeSpan.FromDays(40), scene.Startup, scene.Operator);
        await world.PassAsync(TimeSpan.FromDays(2), scene.Startup, scene.Operator);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from grants where status <> 'ended'"));
        Assert.Equal(200, await world.Balance(scene.Programme, "budget") + await world.Balance(scene.Provider, "earned"));
        await world.Verified();
    }

    /// <summary>Counted from the rows alone: what grants have and had is paid for once, and never more than the limit.</summary>
    private static async Task AssertConservedAsync(TestWorld world, Scene scene)
    {
        var held = await world.ScalarAsync<long>("select coalesce(sum(gpu_seconds - returned_gpu_seconds), 0)::bigint from grants");
        Assert.InRange(held, 0, LimitHours * 3_600);
        var exact = await world.ScalarAsync<long>(
            "select count(*) from grants g where used_gpu_microseconds <> (select coalesce(sum(milli_gpus * "
                + "round(extract(epoch from ended_at - started_at) * 1000)), 0) from usage_records u where u.grant_id = g.id "
                + "and u.voided_at is null)"
        );
        Assert.Equal(0, exact);
        var used = await world.ScalarAsync<long>("select coalesce(sum(used_gpu_seconds), 0)::bigint from grants");
        Assert.Equal(used, await world.Balance(scene.Provider, "delivered", "gpu:h100"));
        Assert.Equal(used / 3_600m, await world.Balance(scene.Provider, "earned"));
    }

    private static object UsedInAll() =>
        new
        {
            id = "used",
            measure = "gpu-hours-used",
            subject = new { level = "organization" },
            window = new { kind = "lifetime" },
            limit = new { gpuHours = $"{LimitHours}" },
            outcome = "deny",
        };

    private static Use Record(TestWorld world, Random random, string grant)
    {
        var start = world.Now.AddHours(-9.5).AddMinutes(random.Next(0, 500));
        return new Use(Guid.NewGuid(), grant, 0.5m, start, start.AddMinutes(random.Next(1, 60)).AddMilliseconds(random.Next(0, 999)));
    }

    private static object Report(Use[] uses) =>
        new
        {
            records = uses.Select(use => new
            {
                id = use.Id,
                grantId = use.GrantId,
                gpus = use.Gpus,
                startedAt = use.StartedAt,
                endedAt = use.EndedAt,
            }),
        };

    private static object Correction(Use use) =>
        new
        {
            gpus = use.Gpus,
            startedAt = use.StartedAt,
            endedAt = use.EndedAt,
            reason = "Metered again",
        };

    private static Task SweepAsync(TestWorld world) => world.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);

    private sealed record Use(Guid Id, string GrantId, decimal Gpus, DateTimeOffset StartedAt, DateTimeOffset EndedAt);
}
