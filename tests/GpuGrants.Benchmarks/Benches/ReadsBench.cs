using GpuGrants.Benchmarks.Measuring;
using Microsoft.AspNetCore.Builder;
using Npgsql;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>Headroom of an organization over HTTP, against an endpoint of the same service that runs <c>select 1</c>.</summary>
internal static class ReadsBench
{
    private const int Organizations = 500;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        await using var server = await BenchServer.StartAsync();
        await using var stage = await BenchStage.StartAsync(
            await server.CreateAsync("reads"),
            Organizations,
            configure: app => app.MapGet("/bench/select-1", SelectAsync)
        );
        var tokens = await Tokens.OfOwnersAsync(stage, Organizations);
        var decide = DecisionsBench.Decider(stage, options.Clients);
        await Callers.RunAsync(options.Clients, TimeSpan.FromSeconds(2), decide);
        var plan = new LoadPlan(
            stage.Address.Port,
            options.Seconds,
            options.Clients,
            [
                .. tokens.Select(
                    (token, i) =>
                        new LoadCall(
                            "GET",
                            $"/v1/organizations/{stage.Organizations[i].Id}/headroom?programmeId={stage.Programmes[i % stage.Programmes.Count]}",
                            token,
                            null
                        )
                ),
            ]
        );
        var other = plan with { Calls = [.. tokens.Select(token => new LoadCall("GET", "/bench/select-1", token, null))] };
        foreach (var one in (LoadPlan[])[plan, other])
            await Callers.WarmUpAsync(slice => LoadProcess.MeasureAsync(one with { Seconds = (int)slice.TotalSeconds }));
        return BenchReport.End(
            options,
            await BenchReport.CompareAsync(
                options,
                $"headroom over HTTP, {options.Clients} callers",
                () => Cost.MeasureAsync(server, options.Seconds, () => LoadProcess.MeasureAsync(plan)),
                "GET of select 1 on the same service",
                async () => (await LoadProcess.MeasureAsync(other)).PerSecond,
                target: 0.85
            )
        );
    }

    private static async Task<string> SelectAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("select 1");
        return $"{{\"one\":{await command.ExecuteScalarAsync()}}}";
    }
}
