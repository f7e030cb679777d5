using GpuGrants.Benchmarks.Fire;

switch (args.FirstOrDefault())
{
    case "fire":
        return await FireBench.RunAsync(args[1..]);
    default:
        await Console.Error.WriteLineAsync("Name a benchmark: fire.");
        return 2;
}
