using GpuGrants.Benchmarks.Measuring;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>
/// Decisions on one tree by two replicas of the service, against the same by one: each replica meets what the other wrote.
/// </summary>
internal static class ReplicasBench
{
    public static async Task<int> RunAsync(BenchOptions options)
    {
        await using var server = await BenchServer.StartAsync();
        await using var first = await BenchStage.StartAsync(
            await server.CreateAsync("replicas"),
            DecisionsBench.Organizations,
            programmes: 1
        );
        await using var second = await first.AddReplicaAsync();
        var alone = DecisionsBench.Decider(first, options.Clients);
        var beside = DecisionsBench.Decider(second, options.Clients);
        // Every other caller asks the other replica. As many callers ask both together as ask the one alone.
        Task Both(int caller) => caller % 2 == 0 ? alone(caller) : beside(caller);
        return await DecisionsBench.CompareAsync(
            options,
            server,
            "decisions of one programme by two replicas",
            Both,
            "by one replica",
            alone,
            target: 0.7
        );
    }
}
