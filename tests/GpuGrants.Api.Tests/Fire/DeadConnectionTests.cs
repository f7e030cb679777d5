using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>PostgreSQL was away and is back: every connection that the service kept is dead, and nobody who calls hears of it.</summary>
public sealed class DeadConnectionTests
{
    private static readonly (string Name, Func<TestWorld, Scene, Task<Reply>> Call)[] Calls =
    [
        ("a token", (_, scene) => scene.Startup.AskTokenAsync()),
        ("who calls", (_, scene) => scene.Startup.Get("/v1/me")),
        ("one resource", (world, scene) => world.Admin.Get($"/v1/programmes/{scene.Programme}")),
        ("a list", (world, _) => world.Admin.Get("/v1/organizations?limit=5")),
        ("headroom", (_, scene) => scene.Startup.Get($"/v1/organizations/{scene.Organization}/headroom")),
        ("headroom again", (_, scene) => scene.Startup.Get($"/v1/organizations/{scene.Organization}/headroom")),
        ("a balance", (world, scene) => world.Admin.Get($"/v1/accounts?ownerId={scene.Programme}")),
        ("a lookup before the pipeline", (world, scene) => world.Admin.Post($"/v1/programmes/{scene.Programme}/fund", Credits)),
        ("a request", (_, scene) => scene.Startup.Ask(scene.Programme, 1)),
        ("a request that names no programme", (_, scene) => scene.Startup.Post("/v1/requests", new { gpuHours = 1, purpose = "Train" })),
        ("a dry run", (_, scene) => scene.Startup.Post("/v1/requests?dryRun=true", new { gpuHours = 1, purpose = "Train" })),
        ("a change", (world, _) => world.Admin.NewOrganization("New")),
        ("readiness", (world, _) => ReadyAsync(world)),
    ];

    private static object Credits { get; } = new { credits = 5, reason = "A sponsor pays" };

    [Fact]
    public async Task Whatever_path_a_call_takes_a_connection_that_died_before_costs_it_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        world.Spoil();
        var scene = await world.Scene(rules: Scenes.PerMonth("100"));
        var failed = new List<string>();
        foreach (var (name, call) in Calls)
        {
            // What was read of callers holds for five seconds: now it is read anew.
            world.Clock.Advance(TimeSpan.FromSeconds(6));
            await FillPoolAsync(world);
            await KillConnectionsAsync(world);
            var reply = await call(world, scene);
            if ((int)reply.Status >= 400)
                failed.Add($"{name}: {(int)reply.Status} {reply.Text}");
        }

        Assert.Empty(failed);
    }

    private static async Task<Reply> ReadyAsync(TestWorld world)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "/health/ready");
        return await Person.SendAsync(world.Http, message);
    }

    /// <summary>Several calls at once leave several connections in the pool, and all of them die.</summary>
    private static Task FillPoolAsync(TestWorld world) =>
        Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Admin.Get("/v1/gpu-models")));

    private static Task<long> KillConnectionsAsync(TestWorld world) =>
        world.ScalarAsync<long>(
            "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where datname = current_database() and application_name = 'gpugrants'"
        );
}
