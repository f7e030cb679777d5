using GpuGrants.Api.Grants.Freezing;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Quotas.Simulations;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Sweeps;

/// <summary>
/// Ends what has expired, seals the ledger and keeps house. Every replica sweeps. Each command checks again under the tree's lock, so
/// nothing ends twice.
/// </summary>
public sealed partial class Sweeper(
    NpgsqlDataSource database,
    DecisionPipeline pipeline,
    LedgerSealer sealer,
    SimulationTable simulations,
    SimulationRunner runner,
    FrozenGrants frozen,
    TimeProvider clock,
    IOptions<SweepOptions> options,
    ILogger<Sweeper> logger
) : BackgroundService
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(1);

    private const int RowsOfASlice = 10_000;

    private readonly NextTime _nextHousekeeping = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.PeriodSeconds == 0)
            return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.PeriodSeconds), clock);
        do await Housekeeping.TryAsync(() => SweepAsync(stoppingToken), LogFailed, stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>One sweep of everything. A failure of one part does not stop the others.</summary>
    /// <exception cref="AggregateException">What failed, once all was tried.</exception>
    public Task SweepAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        return Housekeeping.AllAsync([
            () => frozen.RunAsync(now, options.Value.FreezeSlices, options.Value.MaxPerLook, cancellation),
            .. DueRows.Always.Select(rows => EndAll(rows, now, cancellation)),
            () => sealer.SealAsync(cancellation),
            () => simulations.FailStaleAsync(now, cancellation),
            () => simulations.ForgetAsync(now, cancellation),
            () =>
            {
                runner.Wake();
                return Task.CompletedTask;
            },
            () => HourlyAsync(now, cancellation),
        ]);
    }

    private async Task HourlyAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        if (!_nextHousekeeping.IsDue(now))
            return;
        // What fails is tried again soon, and not at each sweep: the rest of the housekeeping is done.
        _nextHousekeeping.Set(now, Retry);
        // Ids made by hand may be a week old, so the month of a week ago is wanted too.
        await Housekeeping.AllAsync([
            () => ExecuteAsync($"select ledger_make_partitions($1, {options.Value.PartitionMonths})", now.AddDays(-7), cancellation),
            () => ExecuteAsync($"select ledger_make_partitions($1, {options.Value.PartitionMonths})", now, cancellation),
            .. OverRows.All.Select(rows => Forget(rows, now, cancellation)),
            .. DueRows.Hourly.Select(rows => EndAll(rows, now, cancellation, isHourly: true)),
            () => ExecuteAsync("select end_lapsed_school_confirmations($1)", now, cancellation),
        ]);
        _nextHousekeeping.Set(now, Hour);
    }

    private Func<Task> Forget(OverRows rows, DateTimeOffset now, CancellationToken cancellation) =>
        () => database.DeleteInSlicesAsync(rows.Sql, now - rows.KeptFor(options.Value), RowsOfASlice, cancellation);

    /// <summary>
    /// Gives the pipeline a command for each row that is due, and logs what it refuses. What is looked for once an hour is looked for
    /// until nothing new is found. A refusal ends that, because what is refused would be found again and again.
    /// </summary>
    private Func<Task> EndAll(DueRows rows, DateTimeOffset now, CancellationToken cancellation, bool isHourly = false) =>
        async () =>
        {
            bool isMore;
            var seen = new HashSet<Guid>();
            do
            {
                var due = await FindAsync(rows.Sql, now, cancellation);
                var refusals = await Task.WhenAll(due.Select(one => rows.EndAsync(pipeline, one.Tree, one.Id, cancellation)));
                Array.ForEach(refusals, LogRefused);
                // A command that leaves its row due must not keep the sweep from all that comes after it.
                var before = seen.Count;
                seen.UnionWith(due.Select(one => one.Id));
                isMore =
                    isHourly
                    && seen.Count > before
                    && due.Count == options.Value.MaxPerLook
                    && Array.TrueForAll(refusals, one => one is null);
            } while (isMore);
        };

    private async Task<List<(TreeId Tree, Guid Id)>> FindAsync(string sql, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = options.Value.MaxPerLook });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ListAsync(row => (TreeId.Of(row.GetGuid(0)), row.GetGuid(1)), cancellation);
    }

    private async Task<int> ExecuteAsync(string sql, DateTimeOffset moment, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = moment });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Another replica's sweep or a person may have been first. Anything else is logged.</summary>
    private void LogRefused(Refusal? refusal)
    {
        if (refusal is { Kind: not RefusalKind.Conflict })
            LogUnexpected(refusal.Code, refusal.Message);
    }

    [LoggerMessage(LogLevel.Warning, "A sweep failed. The next sweep tries again.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(LogLevel.Error, "An expiry was refused: {Code}. {Reason}")]
    private partial void LogUnexpected(string code, string reason);
}
