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
    private static readonly TimeSpan Housekeeping = TimeSpan.FromHours(1);
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(1);

    private const int KeysOfASlice = 10_000;

    /// <summary>A code that has expired is explained for so long; then it was never there.</summary>
    private static readonly TimeSpan ProofsKept = TimeSpan.FromHours(1);

    /// <summary>Invitations, and attempts to prove a domain, are listed for so long after their end.</summary>
    private static readonly TimeSpan EndedKept = TimeSpan.FromDays(30);

    /// <summary>No limit's window is longer.</summary>
    private static readonly TimeSpan WindowsKept = TimeSpan.FromDays(2);

    /// <summary>A clock that runs behind must not forget a token that lives.</summary>
    private static readonly TimeSpan TokensKept = TimeSpan.FromHours(2);

    /// <summary>What says from where somebody called is personal, and of use for as long.</summary>
    private static readonly TimeSpan AddressesKept = TimeSpan.FromDays(90);
    private static readonly TimeSpan MailsKept = TimeSpan.FromDays(7);

    private DateTimeOffset _nextHousekeeping;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.PeriodSeconds == 0)
            return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.PeriodSeconds), clock);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
#pragma warning disable CA1031 // One thing that cannot be swept must end neither the sweeping nor the service.
            catch (Exception failure)
            {
                if (!stoppingToken.IsCancellationRequested)
                    LogFailed(failure);
            }
#pragma warning restore CA1031
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>One sweep of everything. A failure of one part does not stop the others.</summary>
    /// <exception cref="AggregateException">What failed, once all was tried.</exception>
    public Task SweepAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        return AllAsync([
            () => frozen.RunAsync(now, options.Value.FreezeSlices, options.Value.MaxPerLook, cancellation),
            .. DueRows.Always.Select(rows => EndAll(rows, now, cancellation)),
            () => sealer.SealAsync(cancellation),
            () => SweepSimulationsAsync(now, cancellation),
            () => HourlyAsync(now, cancellation),
        ]);
    }

    private static async Task AllAsync(IEnumerable<Func<Task>> parts)
    {
        var failures = new List<Exception>();
        foreach (var part in parts)
        {
            try
            {
                await part();
            }
#pragma warning disable CA1031 // Thrown together in the end.
            catch (Exception failure)
            {
                failures.Add(failure);
            }
#pragma warning restore CA1031
        }

        if (failures.Count > 0)
            throw new AggregateException(failures);
    }

    private async Task SweepSimulationsAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await simulations.FailStaleAsync(now, cancellation);
        await simulations.ForgetAsync(now, cancellation);
        runner.Wake();
    }

    private async Task HourlyAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        // Also after the clock was set back: the next due time may then be far away.
        if (now < _nextHousekeeping && now > _nextHousekeeping - Housekeeping)
            return;
        // What fails is tried again soon, and not at each sweep: the rest of the housekeeping is done.
        _nextHousekeeping = now + Retry;
        // Ids made by hand may be a week old, so the month of a week ago is wanted too.
        await AllAsync([
            () => ExecuteAsync($"select ledger_make_partitions($1, {options.Value.PartitionMonths})", now.AddDays(-7), cancellation),
            () => ExecuteAsync($"select ledger_make_partitions($1, {options.Value.PartitionMonths})", now, cancellation),
            () => ForgetKeysAsync(now, cancellation),
            .. DueRows.Hourly.Select(rows => EndAll(rows, now, cancellation, isHourly: true)),
            () =>
                ExecuteAsync(
                    "delete from address_proofs where expires_at < $1 and purpose <> 'invitation'",
                    now - ProofsKept,
                    cancellation
                ),
            () => ExecuteAsync("delete from address_proofs where expires_at < $1", now - EndedKept, cancellation),
            () => ExecuteAsync("delete from domain_proofs where proved_at is null and expires_at < $1", now - EndedKept, cancellation),
            () => ExecuteAsync("delete from grant_tokens where expires_at < $1", now - TokensKept, cancellation),
            () => ExecuteAsync("select end_lapsed_school_confirmations($1)", now, cancellation),
            () => ExecuteAsync("delete from caller_addresses where since < $1", now - AddressesKept, cancellation),
            () => ExecuteAsync("delete from call_windows where began_at < $1", now - WindowsKept, cancellation),
            () => ExecuteAsync("delete from mails where status <> 'pending' and ended_at < $1", now - MailsKept, cancellation),
        ]);
        _nextHousekeeping = now + Housekeeping;
    }

    private Task ForgetKeysAsync(DateTimeOffset now, CancellationToken cancellation) =>
        database.DeleteInSlicesAsync(
            // A clock that ran ahead must not cause a call to run twice. By the database's time, every key lives for at least a day.
            "delete from idempotency_keys where ctid = any (array(select ctid from idempotency_keys "
                + "where created_at < least($1, now() - interval '24 hours') limit $2))",
            now.AddHours(-options.Value.IdempotencyHours),
            KeysOfASlice,
            cancellation
        );

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
        var found = new List<(TreeId, Guid)>();
        while (await reader.ReadAsync(cancellation))
            found.Add((TreeId.Of(reader.GetGuid(0)), reader.GetGuid(1)));
        return found;
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
