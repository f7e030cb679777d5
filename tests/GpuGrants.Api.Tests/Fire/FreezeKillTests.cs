using GpuGrants.Api.Tests.Fire.Engine;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>
/// A freeze suspends running grants slice by slice. The service is killed between two slices, and again while it resumes them.
/// </summary>
public sealed class FreezeKillTests
{
    private const int Grants = 7;

    /// <summary>Two grants each second.</summary>
    private static readonly string[] Slow = ["--Sweeps:MaxPerLook=2", "--Sweeps:FreezeSlices=1"];

    [Fact]
    public async Task A_freeze_that_was_killed_between_two_slices_goes_on_and_each_grant_is_suspended_and_resumed_once()
    {
        await using var cluster = await CrashCluster.StartAsync();
        await using var database = NpgsqlDataSource.Create(cluster.Database);
        var service = await ServiceProcess.StartAsync(cluster.Database, null, Slow);
        try
        {
            using var http = new HttpClient { BaseAddress = service.Address, Timeout = TimeSpan.FromSeconds(30) };
            var scene = await CrashScene.CreateAsync(http, cluster.Database, startups: 1);
            for (var i = 0; i < Grants; i++)
                await scene.Startups[0].PostAsync("/v1/requests", Ask(scene.Programme));
            var freeze = await scene.Admin.PostAsync(
                "/v1/freezes",
                new
                {
                    scope = "programme",
                    resourceId = scene.Programme,
                    reason = "A leak",
                    suspendGrants = true,
                }
            );
            service = await KilledInBetweenAsync(service, cluster.Database, () => CountAsync("ended_at is null"));
            await UntilDoneAsync();
            Assert.Equal((Grants, Grants), (await CountAsync("ended_at is null"), await CountAsync("true")));
            Assert.Equal(Grants, await EventsAsync("grant.suspended"));

            await scene.Admin.PostAsync($"/v1/freezes/{freeze["id"]}/lift", new { });
            service = await KilledInBetweenAsync(service, cluster.Database, () => CountAsync("ended_at is not null"));
            await UntilDoneAsync();
            Assert.Equal((0, Grants), (await CountAsync("ended_at is null"), await CountAsync("true")));
            Assert.Equal(Grants, await EventsAsync("grant.resumed"));
            Assert.Empty(await CrashCheck.VerifyAsync(cluster.Database));
        }
        finally
        {
            service.Dispose();
        }

        Task<int> CountAsync(string which) => ScalarAsync($"select count(*)::int from grant_suspensions where {which}");

        Task<int> EventsAsync(string type) => ScalarAsync($"select count(*)::int from events where type = '{type}'");

        async Task UntilDoneAsync()
        {
            while (await ScalarAsync("select count(*)::int from freezes where grants_pending") > 0)
                await Task.Delay(50);
        }

        async Task<int> ScalarAsync(string sql)
        {
            await using var command = database.CreateCommand(sql);
            return (int)(await command.ExecuteScalarAsync())!;
        }
    }

    /// <summary>Kills the service once it has done some and not all, and starts it again.</summary>
    private static async Task<ServiceProcess> KilledInBetweenAsync(ServiceProcess service, string database, Func<Task<int>> done)
    {
        while (await done() == 0)
            await Task.Delay(20);
        await service.KillAsync();
        service.Dispose();
        Assert.InRange(await done(), 1, Grants - 1);
        return await ServiceProcess.StartAsync(database, service.Address.Port, Slow);
    }

    private static object Ask(Guid programme) =>
        new
        {
            programmeId = programme,
            gpuHours = 1,
            purpose = "Try",
        };
}
