using GpuGrants.Api.Http.Idempotency;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Quotas.Simulations;

/// <summary>Runs waiting simulations in the background, a bounded number at a time.</summary>
public sealed partial class SimulationRunner(
    NpgsqlDataSource database,
    SimulationTable table,
    TimeProvider clock,
    IOptions<SimulationOptions> options,
    ILogger<SimulationRunner> logger
) : BackgroundService
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _wake = new(0);

    /// <summary>There may be something to run.</summary>
    public void Wake()
    {
        if (_wake.CurrentCount < options.Value.Workers)
            _wake.Release();
    }

    /// <summary>Runs what waits until nothing does.</summary>
    public async Task RunWaitingAsync(CancellationToken cancellation)
    {
        var worker = Guid.NewGuid();
        while (await table.ClaimAsync(worker, cancellation) is { } simulation)
            await RunAsync(simulation, worker, cancellation);
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.Workers).Select(_ => LoopAsync(stoppingToken)));

    private async Task LoopAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                await RunWaitingAsync(stopping);
            }
            catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
            {
                LogUnreachable(failure);
            }

            await _wake.WaitAsync(stopping);
        }
    }

    private async Task RunAsync(QuotaSimulationRow simulation, Guid worker, CancellationToken stopping)
    {
        var run = new SimulationRun(simulation, options.Value.MaxFlips);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var beats = BeatAsync(simulation.Id, worker, run, lost);
        try
        {
            await using var connection = await database.OpenConnectionAsync(lost.Token);
            var result = await run.RunAsync(connection, lost.Token);
            await table.DoneAsync(simulation.Id, worker, run.Processed, result, stopping);
        }
        catch (OperationCanceledException)
        {
            if (stopping.IsCancellationRequested)
                await table.GiveBackAsync(simulation.Id, worker);
        }
        catch (Exception failure) when (failure is not (OutOfMemoryException or NpgsqlException { IsTransient: true }))
        {
            LogFailed(failure, simulation.Id);
            await table.FailAsync(simulation.Id, worker, "The service could not finish it. Its logs say why; start it again.", stopping);
        }
        finally
        {
            await lost.CancelAsync();
            await beats;
        }
    }

    /// <summary>Says that the run goes on, and ends it when the claim is lost.</summary>
    private async Task BeatAsync(Guid id, Guid worker, SimulationRun run, CancellationTokenSource lost)
    {
        using var timer = new PeriodicTimer(Heartbeat, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(lost.Token))
                if (!await table.ProgressAsync(id, worker, run.Processed, run.Total, lost.Token))
                    await lost.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
        catch (NpgsqlException failure)
        {
            LogUnreachable(failure);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Simulations cannot reach the database. The service retries them.")]
    private partial void LogUnreachable(Exception failure);

    [LoggerMessage(LogLevel.Error, "Simulation {Id} failed.")]
    private partial void LogFailed(Exception failure, Guid id);
}
