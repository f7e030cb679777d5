using System.Net;

namespace GpuGrants.Api.Tests.World;

/// <summary>Usage, in the words of the domain.</summary>
internal static class UsageScenes
{
    /// <summary>Reports the use of GPUs between hours from now; every record has to be recorded.</summary>
    /// <returns>What all records together charge, and what they do not, in GPU-seconds.</returns>
    public static async Task<(Guid[] Ids, int Charged, decimal Uncharged)> ReportAsync(
        this Scene scene,
        TestWorld world,
        Guid grant,
        params (double From, double To)[] hours
    )
    {
        var records = hours
            .Select(one => new
            {
                id = Guid.NewGuid(),
                grantId = grant,
                gpus = 1,
                startedAt = world.Now.AddHours(one.From),
                endedAt = world.Now.AddHours(one.To),
            })
            .ToArray();
        var reply = (await scene.Operator.Post("/v1/usage-records", new { records })).Expect(HttpStatusCode.OK);
        var results = reply["results"].AsArray();
        Assert.All(results, one => Assert.Equal("recorded", one!["status"]!.GetValue<string>()));
        return (
            [.. records.Select(one => one.id)],
            results.Sum(one => one!["gpuSeconds"]!.GetValue<int>()),
            results.Sum(one => one!["unchargedGpuSeconds"]?.GetValue<decimal>() ?? 0)
        );
    }
}
