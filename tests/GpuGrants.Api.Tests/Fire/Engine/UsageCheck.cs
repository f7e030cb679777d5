using System.Globalization;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>Adds up grants, records and accounts by their rows alone. It knows nothing of how the service counts.</summary>
internal static class UsageCheck
{
    /// <summary>Each query counts what is wrong.</summary>
    private static readonly (string Wrong, string Sql)[] Conserved =
    [
        (
            "grants whose records do not add up to the microsecond",
            """
            select count(*) from grants g where g.used_gpu_microseconds + g.uncharged_gpu_microseconds <> (
                select coalesce(sum(milli_gpus * round(extract(epoch from ended_at - started_at) * 1000) - excused_gpu_microseconds), 0)
                from usage_records u where u.grant_id = g.id and u.voided_at is null)
            """
        ),
        (
            "grants that use more than their GPUs in their time",
            """
            select count(*) from grants g where g.used_gpu_seconds > g.gpus * extract(epoch from coalesce(g.ended_at, g.expires_at)
                - g.starts_at)
            """
        ),
        (
            "grants whose accounts have not what is outstanding",
            """
            select count(*) from grants g cross join lateral (select g.gpu_seconds - g.used_gpu_seconds - g.returned_gpu_seconds as left) l
            where (select coalesce(sum(credits_posted - debits_posted), 0) from accounts a where a.owner_id = g.id and a.unit <> 'credit')
                    <> l.left
                or (select coalesce(sum(credits_posted - debits_posted), 0) from accounts a where a.owner_id = g.id and a.unit = 'credit')
                    <> l.left * g.millicredits_per_gpu_hour
            """
        ),
        (
            "units of credit between what was used and what was earned",
            """
            select abs((select coalesce(sum(used_gpu_seconds * millicredits_per_gpu_hour), 0) from grants)
                - (select coalesce(sum(credits_posted - debits_posted), 0) from accounts where kind in ('earned', 'disputed')))::bigint
            """
        ),
        (
            "units of credit between open disputes and what is held for them",
            """
            select abs((select coalesce(sum(credits), 0) from usage_disputes where status = 'open')
                - (select coalesce(sum(credits_posted - debits_posted), 0) from accounts where kind = 'disputed'))::bigint
            """
        ),
        (
            "GPU-seconds between what was used and what was delivered",
            """
            select abs((select coalesce(sum(used_gpu_seconds), 0) from grants)
                - (select coalesce(sum(credits_posted - debits_posted), 0) from accounts where kind = 'delivered'))::bigint
            """
        ),
        (
            "GPU-seconds that outstanding and used time are above the limit",
            $"""
            select coalesce(sum(greatest(0, taken - {Limit})), 0)::bigint
            from (select sum(gpu_seconds - returned_gpu_seconds) as taken from grants group by organization_id) o
            """
        ),
        (
            "GPU-seconds that what is used or can still be used on one day is above the day's limit",
            // Of a record that is charged in part, nobody knows which part: the least that can have been charged on the day counts.
            $"""
            select coalesce(sum(greatest(0, taken - {DayLimit})), 0)::bigint
            from (select sum(c.charged + least(g.gpu_seconds - g.used_gpu_seconds - g.returned_gpu_seconds, greatest(0, g.gpus * extract(
                    epoch from least(d.day + interval '24 hours', coalesce(g.ended_at, g.expires_at)) - greatest(d.day, g.starts_at))
                    - c.charged))) as taken
                from grants g
                cross join lateral generate_series(date_trunc('day', g.starts_at, 'UTC'), g.expires_at, interval '24 hours') d(day)
                cross join lateral (select greatest(0, coalesce(sum(u.milli_gpus * 1000 * greatest(0, extract(
                        epoch from least(u.ended_at, d.day + interval '24 hours') - greatest(u.started_at, d.day)))
                        - u.excused_gpu_microseconds), 0) - g.uncharged_gpu_microseconds) / 1000000 as charged
                    from usage_records u where u.grant_id = g.id and u.voided_at is null) c
                group by g.organization_id, d.day) o
            """
        ),
    ];

    private static string Limit => (UsageRun.LimitHours * 3_600L).ToString(CultureInfo.InvariantCulture);

    /// <summary>Each record's part of a day is rounded to the second.</summary>
    private static string DayLimit => ((UsageRun.LimitHoursPerDay * 3_600L) + 60).ToString(CultureInfo.InvariantCulture);

    /// <summary>What is wrong now.</summary>
    public static async Task<List<string>> RunAsync(string database)
    {
        await using var connection = await OpenAsync(database);
        var findings = new List<string>();
        foreach (var (wrong, sql) in Conserved)
            if (await CountAsync(connection, sql) is var count and not 0)
                findings.Add($"{count} {wrong}.");
        return findings;
    }

    /// <summary>What is wrong once every grant should have ended, the verifiers' findings with it.</summary>
    public static async Task<List<string>> EndedAsync(string database)
    {
        var findings = await RunAsync(database);
        await using var connection = await OpenAsync(database);
        if (await CountAsync(connection, "select count(*) from grants where status <> 'ended'") is var open and not 0)
            findings.Add($"{open} grants have not ended.");
        return [.. findings, .. await CrashCheck.CountAsync(connection)];
    }

    public static async Task<List<Guid>> OpenDisputesAsync(string database)
    {
        await using var connection = await OpenAsync(database);
        await using var command = new NpgsqlCommand("select id from usage_disputes where status = 'open' order by id", connection);
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ListAsync(row => row.GetGuid(0));
    }

    private static async Task<NpgsqlConnection> OpenAsync(string database)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database) { Pooling = false, CommandTimeout = 0 }.ConnectionString
        );
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
