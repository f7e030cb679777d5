using System.Net;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World;

/// <summary>Usage, in the words of the domain.</summary>
internal static class UsageScenes
{
    /// <summary>A grant of ten hours on one GPU, some hours after its start.</summary>
    public static async Task<(Scene Scene, Guid Grant)> RunningGrant(this TestWorld world, double hoursAgo, params object[] rules)
    {
        var scene = await world.Scene(rules: rules);
        return (scene, await scene.RunningGrant(world, hoursAgo));
    }

    /// <summary>A grant on one GPU, some hours after its start.</summary>
    public static async Task<Guid> RunningGrant(this Scene scene, TestWorld world, double hoursAgo, decimal gpuHours = 10)
    {
        var asked = (await scene.Startup.Ask(scene.Programme, gpuHours)).Expect(HttpStatusCode.Created);
        var grant = Guid.Parse(asked.Text_("grantId"));
        await world.PassAsync(scene, hoursAgo);
        return grant;
    }

    /// <summary>Hours pass, and the startup and the operator stay signed in.</summary>
    public static Task PassAsync(this TestWorld world, Scene scene, double hours) =>
        world.PassAsync(TimeSpan.FromHours(hours), scene.Startup, scene.Operator);

    /// <summary>Reports the use of one GPU between hours from now; every record has to be recorded.</summary>
    /// <returns>What all records together charge, and what they do not, in GPU-seconds.</returns>
    public static async Task<(Guid[] Ids, int Charged, decimal Uncharged)> ReportAsync(
        this Scene scene,
        TestWorld world,
        Guid grant,
        params (double From, double To)[] hours
    )
    {
        var (ids, results) = await SendAsync(scene, world, grant, 1, hours);
        Assert.All(results, one => Assert.Equal("recorded", one!["status"]!.GetValue<string>()));
        return (
            ids,
            results.Sum(one => one!["gpuSeconds"]!.GetValue<int>()),
            results.Sum(one => one!["unchargedGpuSeconds"]?.GetValue<decimal>() ?? 0)
        );
    }

    /// <summary>Replaces a record by the use of GPUs between other hours from now.</summary>
    public static Task<Reply> ReplaceAsync(
        this Scene scene,
        TestWorld world,
        Guid grant,
        Guid record,
        (double From, double To) hours,
        decimal gpus = 1
    ) =>
        scene.Operator.Post(
            $"/v1/grants/{grant}/usage-records/{record}/replace",
            new
            {
                gpus,
                startedAt = world.Now.AddHours(hours.From),
                endedAt = world.Now.AddHours(hours.To),
                reason = "Metered again",
            }
        );

    /// <summary>Reports the use of one GPU between hours from now.</summary>
    /// <returns>For each record <c>recorded</c>, or the code by which it was refused.</returns>
    public static Task<string[]> OutcomesAsync(this Scene scene, TestWorld world, Guid grant, params (double From, double To)[] hours) =>
        scene.OutcomesAsync(world, grant, 1, hours);

    /// <summary>The same of several GPUs.</summary>
    public static async Task<string[]> OutcomesAsync(
        this Scene scene,
        TestWorld world,
        Guid grant,
        int gpus,
        params (double From, double To)[] hours
    ) =>
        [.. (await SendAsync(scene, world, grant, gpus, hours)).Results.Select(one => (one!["code"] ?? one["status"])!.GetValue<string>())];

    private static async Task<(Guid[] Ids, JsonArray Results)> SendAsync(
        Scene scene,
        TestWorld world,
        Guid grant,
        int gpus,
        (double From, double To)[] hours
    )
    {
        var records = hours
            .Select(one => new
            {
                id = Guid.NewGuid(),
                grantId = grant,
                gpus,
                startedAt = world.Now.AddHours(one.From),
                endedAt = world.Now.AddHours(one.To),
            })
            .ToArray();
        var reply = (await scene.Operator.Post("/v1/usage-records", new { records })).Expect(HttpStatusCode.OK);
        return ([.. records.Select(one => one.id)], reply["results"].AsArray());
    }
}
