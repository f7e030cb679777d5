using System.Text.Json;
using GpuGrants.Benchmarks.Measuring;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>Whole decisions over HTTP with tokens, load from a second process.</summary>
internal static class HttpBench
{
    private const int Organizations = 500;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        await using var server = await BenchServer.StartAsync();
        var reference = new PgBench(server, scale: 10, options.Clients);
        await reference.PrepareAsync();
        await using var stage = await BenchStage.StartAsync(await server.CreateAsync("http"), Organizations);
        var tokens = await Tokens.OfOwnersAsync(stage, Organizations);
        var calls = tokens
            .Select(
                (token, i) =>
                    new LoadCall(
                        "POST",
                        "/v1/requests",
                        token,
                        JsonSerializer.Serialize(
                            new
                            {
                                organizationId = stage.Organizations[i].Id,
                                programmeId = stage.Programmes[i % stage.Programmes.Count],
                                gpuHours = 0.01m,
                                purpose = "Fine-tune a model",
                            }
                        )
                    )
            )
            .ToList();
        var plan = new LoadPlan(stage.Address.Port, options.Seconds, options.Clients, calls);
        await Callers.WarmUpAsync(slice => LoadProcess.MeasureAsync(plan with { Seconds = (int)slice.TotalSeconds }));
        var result = await BenchReport.CompareAsync(
            options,
            server,
            $"decisions over HTTP, {options.Clients} callers in another process",
            () => LoadProcess.MeasureAsync(plan),
            reference.Description,
            () => reference.RunAsync(options.Seconds),
            target: 1.2
        );
        BenchReport.Alone(result, await LoadProcess.MeasureAsync(plan with { Callers = 1, Seconds = Math.Min(5, options.Seconds) }));
        return BenchReport.End(options, result);
    }
}
