using System.Diagnostics;
using System.Text.Json;
using GpuGrants.Api.Http.Idempotency;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>Load from a second process: the plan comes by standard input, what was measured goes to standard output.</summary>
internal static class LoadProcess
{
    private sealed record Measured(double PerSecond, double P50Ms, double P99Ms);

    /// <summary>In the service's process: starts the other one and waits for what it measured.</summary>
    public static async Task<Round> MeasureAsync(LoadPlan plan)
    {
        var info = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            info.ArgumentList.Add(typeof(LoadProcess).Assembly.Location);
        info.ArgumentList.Add("load");
        using var process = Process.Start(info) ?? throw new InvalidOperationException("The load process did not start.");
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize(plan));
        process.StandardInput.Close();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"The load process failed: {said}");
        var measured = JsonSerializer.Deserialize<Measured>(said)!;
        return new Round(measured.PerSecond, measured.P50Ms, measured.P99Ms, Round.None);
    }

    /// <summary>In the second process.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length > 0)
            return 2;
        var plan = JsonSerializer.Deserialize<LoadPlan>(await Console.In.ReadToEndAsync())!;
        var connections = Enumerable.Range(0, plan.Callers).Select(_ => new HttpConnection(plan.Port)).ToArray();
        var turns = new int[plan.Callers];
        try
        {
            var calls = plan.Calls.Select(call => new HttpCall(call, plan.Port)).ToArray();
            var round = await Callers.RunAsync(
                plan.Callers,
                TimeSpan.FromSeconds(plan.Seconds),
                async caller =>
                {
                    var turn = turns[caller]++;
                    var call = calls[((turn * plan.Callers) + caller) % calls.Length];
                    var message = plan.Usage is { } usage
                        ? call.WithBody(UsageBatch.Write(usage, (turn * plan.Callers) + caller))
                        : call.Next();
                    await connections[caller].SendAsync(message);
                }
            );
            Console.WriteLine(JsonSerializer.Serialize(new Measured(round.PerSecond, round.P50Ms, round.P99Ms)));
            return 0;
        }
        catch (InvalidOperationException failure)
        {
            Console.WriteLine(failure.Message);
            return 1;
        }
        finally
        {
            foreach (var connection in connections)
                connection.Dispose();
        }
    }
}
