using GpuGrants.Api.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Quotas.Simulations;

/// <summary>
/// The table of simulations as a queue that replicas share: one replica claims a waiting simulation, sends heartbeats, and stores the
/// result. A replica that lost the claim stores nothing.
/// </summary>
public sealed class SimulationTable(NpgsqlDataSource database, TimeProvider clock, IOptions<SimulationOptions> options)
{
    private static readonly RowMap<QuotaSimulationRow> Rows = RowMap.Of<QuotaSimulationRow>();

    private static readonly string ClaimSql = $"""
        update quota_simulations s set status = 'running', worker_id = $1, heartbeat_at = $2, started_at = $2, processed_facts = 0,
            total_facts = null
        where (s.root_programme_id, s.id) in (select root_programme_id, id from quota_simulations where status = 'waiting'
            order by created_at, id limit 1 for update skip locked)
        returning {Rows.Columns("s")}
        """;

    private const string Mine = " where id = $1 and worker_id = $2 and status = 'running'";
    private const string ProgressSql = "update quota_simulations set heartbeat_at = $3, processed_facts = $4, total_facts = $5" + Mine;
    private const string DoneSql =
        "update quota_simulations set status = 'done', worker_id = null, finished_at = $3, processed_facts = $4, "
        + "total_facts = $4, result = $5::jsonb"
        + Mine;
    private const string FailedSql =
        "update quota_simulations set status = 'failed', worker_id = null, finished_at = $3, error = $4" + Mine;
    private const string BackSql =
        "update quota_simulations set status = 'waiting', worker_id = null, processed_facts = 0, total_facts = null, started_at = null"
        + Mine;

    private const int ForgottenAtOnce = 1_000;

    private const string ForgetSql = """
        delete from quota_simulations where ctid = any (array(
            select ctid from quota_simulations where status in ('done', 'failed') and finished_at < $1 limit $2))
        """;

    private const string StaleSql = """
        update quota_simulations set status = 'failed', worker_id = null, finished_at = $1,
            error = 'The service that ran it has stopped. Start it again.'
        where status = 'running' and heartbeat_at < $2
        """;

    /// <summary>The simulation that waits longest, now this worker's; null when none waits.</summary>
    public async Task<QuotaSimulationRow?> ClaimAsync(Guid worker, CancellationToken cancellation)
    {
        await using var command = Command(ClaimSql, worker, clock.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Rows.Read(reader) : null;
    }

    /// <summary>Says that it still runs; false when the claim is lost.</summary>
    public Task<bool> ProgressAsync(Guid id, Guid worker, long processed, long total, CancellationToken cancellation) =>
        ExecuteAsync(Command(ProgressSql, id, worker, clock.GetUtcNow(), processed, total), cancellation);

    public Task<bool> DoneAsync(Guid id, Guid worker, long processed, string result, CancellationToken cancellation) =>
        ExecuteAsync(Command(DoneSql, id, worker, clock.GetUtcNow(), processed, result), cancellation);

    public Task<bool> FailAsync(Guid id, Guid worker, string error, CancellationToken cancellation) =>
        ExecuteAsync(Command(FailedSql, id, worker, clock.GetUtcNow(), error), cancellation);

    /// <summary>Returns it to the queue because this worker stops.</summary>
    public Task<bool> GiveBackAsync(Guid id, Guid worker) => ExecuteAsync(Command(BackSql, id, worker), CancellationToken.None);

    /// <summary>Marks what nobody runs any more as failed.</summary>
    public Task FailStaleAsync(DateTimeOffset now, CancellationToken cancellation) =>
        ExecuteAsync(Command(StaleSql, now, now.AddSeconds(-options.Value.StaleSeconds)), cancellation);

    /// <summary>Deletes what ended too long ago to be kept.</summary>
    public Task ForgetAsync(DateTimeOffset now, CancellationToken cancellation) =>
        database.DeleteInSlicesAsync(ForgetSql, now.AddDays(-options.Value.KeepDays), ForgottenAtOnce, cancellation);

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    private static async Task<bool> ExecuteAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using (command)
            return await command.ExecuteNonQueryAsync(cancellation) > 0;
    }
}
