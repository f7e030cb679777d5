using GpuGrants.Benchmarks;
using GpuGrants.Benchmarks.Benches;
using GpuGrants.Benchmarks.Fire;
using GpuGrants.Benchmarks.Measuring;

string[] names = ["quotas", "ledger", "decisions", "http", "usage", "reads", "scale", "replicas", "webhooks", "events", "flood", "fire"];
if (args is not [var name, .. var rest])
{
    Console.Error.WriteLine($"Name a benchmark: {string.Join(", ", names)}.");
    return 2;
}

if (name == "load")
    return await LoadProcess.RunAsync(rest);
if (name == "fire")
    return await FireBench.RunAsync(rest);
if (!names.Contains(name))
{
    Console.Error.WriteLine($"There is no benchmark '{name}'. There are: {string.Join(", ", names)}.");
    return 2;
}

if (BenchOptions.TryParse(rest, out var options) is { } problem)
{
    Console.Error.WriteLine(problem);
    return 2;
}

BenchReport.Begin(name);
return name switch
{
    "quotas" => await QuotasBench.RunAsync(options),
    "ledger" => await LedgerBench.RunAsync(options),
    "decisions" => await DecisionsBench.RunAsync(options),
    "http" => await HttpBench.RunAsync(options),
    "usage" => await UsageBench.RunAsync(options),
    "reads" => await ReadsBench.RunAsync(options),
    "replicas" => await ReplicasBench.RunAsync(options),
    "scale" => await ScaleBench.RunAsync(options),
    "webhooks" => await WebhooksBench.RunAsync(options),
    "events" => await EventsBench.RunAsync(options),
    "flood" => await FloodBench.RunAsync(options),
    _ => throw new InvalidOperationException(name),
};
