using System.Diagnostics;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>Whether receivers got every event, and the events of each resource in order. Repetitions are allowed.</summary>
internal static class DeliveryCheck
{
    /// <summary>Waits until all has come, then looks at the order in which each event came first.</summary>
    /// <param name="database">Whose events.</param>
    /// <param name="recorder">What came.</param>
    /// <param name="paths">The endpoints that have to get everything.</param>
    /// <param name="patience">How long it may take.</param>
    /// <returns>What is wrong.</returns>
    public static async Task<List<string>> RunAsync(
        string database,
        DeliveryRecorder recorder,
        IReadOnlyCollection<string> paths,
        TimeSpan patience
    )
    {
        var happened = await EventsAsync(database);
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < patience && !paths.All(path => recorder.Different(path) >= happened.Count))
            await Task.Delay(50);
        var findings = new List<string>();
        var came = recorder.All.ToLookup(one => one.Path);
        foreach (var path in paths)
        {
            var first = came[path].DistinctBy(one => one.EventId).ToList();
            var missing = happened.Except(first.Select(one => one.EventId)).Count();
            if (missing > 0)
                findings.Add($"{missing} of {happened.Count} events never came to {path}.");
            foreach (var resource in first.GroupBy(one => one.Resource))
                if (!resource.Select(one => one.Sequence).SequenceEqual(resource.Select(one => one.Sequence).Order()))
                    findings.Add($"{path} got {resource.Key} as {string.Join(", ", resource.Select(one => one.Sequence))}.");
        }

        return findings;
    }

    private static async Task<HashSet<Guid>> EventsAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("select id from events where type like 'request.%'");
        await using var reader = await command.ExecuteReaderAsync();
        return [.. await reader.ListAsync(row => row.GetGuid(0))];
    }
}
