using System.Diagnostics;
using System.Globalization;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>Watches a run, and writes down who waits for whom in PostgreSQL when nobody was answered for a while.</summary>
internal sealed class Standstill(string database, Func<long> answered)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private const string Sql = """
        select format('%s %s/%s %s, transaction for %s s, blocked by %s: %s', pid, application_name, state, coalesce(wait_event_type || '/' || wait_event, 'runs'),
                      coalesce(extract(epoch from clock_timestamp() - xact_start)::int, 0), pg_blocking_pids(pid), left(regexp_replace(query, '\s+', ' ', 'g'), 100))
        from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and (state <> 'idle' or state is null) order by xact_start
        """;

    /// <summary>Watches until the run has ended.</summary>
    /// <returns>What was seen at each standstill.</returns>
    public async Task<List<string>> WatchAsync(Task run)
    {
        var seen = new List<string>();
        var (last, since) = (answered(), Stopwatch.GetTimestamp());
        while (await Task.WhenAny(run, Task.Delay(Period)) != run)
        {
            if (answered() != last)
            {
                (last, since) = (answered(), Stopwatch.GetTimestamp());
            }
            else if (Stopwatch.GetElapsedTime(since) is var waited && waited > Long)
            {
                var who = await WhoAsync();
                seen.Add(string.Create(CultureInfo.InvariantCulture, $"Nobody was answered for {waited.TotalSeconds:0} s: {who}"));
                since = Stopwatch.GetTimestamp();
            }
        }

        return seen;
    }

    private async Task<string> WhoAsync()
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = await reader.ListAsync(row => row.GetString(0));
        return lines.Count == 0 ? "nobody is at work in PostgreSQL" : string.Join("; ", lines);
    }
}
