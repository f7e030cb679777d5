using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Metrics;
using GpuGrants.Api.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>The pipeline of one replica of the service, without HTTP.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private readonly PipelineMetrics _metrics = new();
    private bool _isStopped;

    private Replica(string database, TimeProvider clock, PipelineOptions options)
    {
        Database = Api.Store.Database.Open(database, new DatabaseOptions { MaxPoolSize = 20 }, options.CommandTimeoutSeconds);
        var prepared = new PreparedCounters(Database, Options.Create(options), _metrics);
        var runner = new BatchRunner(
            Database,
            Database,
            clock,
            Options.Create(options),
            _metrics,
            prepared,
            [],
            NullLogger<BatchRunner>.Instance
        );
        Pipeline = new DecisionPipeline(runner, Options.Create(options), _metrics, NullLogger<DecisionPipeline>.Instance);
    }

    public NpgsqlDataSource Database { get; }

    public DecisionPipeline Pipeline { get; }

    /// <param name="database">Whose.</param>
    /// <param name="clock">That of the others who work on the database, or holds end for one before they do for another.</param>
    /// <param name="options">One shard if it is not said.</param>
    public static async Task<Replica> StartAsync(string database, TimeProvider clock, PipelineOptions? options = null)
    {
        var replica = new Replica(database, clock, options ?? new PipelineOptions { Shards = 1 });
        await replica.Pipeline.StartAsync(CancellationToken.None);
        return replica;
    }

    public Task<Answer> SendAsync(Guid tree, string? key, params Step[] chain) => Posting.SendAsync(Pipeline, tree, key, chain);

    public async Task<Outcome> PostAsync(Guid tree, params Step[] chain) => Outcome.Of(await SendAsync(tree, null, chain));

    /// <summary>Finishes what was accepted.</summary>
    public async Task StopAsync()
    {
        _isStopped = true;
        await Pipeline.StopAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isStopped)
            await StopAsync();
        await Database.DisposeAsync();
        _metrics.Dispose();
    }
}
