using System.Globalization;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>When test worlds begin: never today, so that a test that fails tomorrow fails today too.</summary>
internal static class TestMoment
{
    /// <summary>A Wednesday in mid-month, or the moment in <c>GPUGRANTS_TEST_NOW</c>, such as <c>2026-12-31T23:59:30Z</c>.</summary>
    public static DateTimeOffset Start { get; } =
        Environment.GetEnvironmentVariable("GPUGRANTS_TEST_NOW") is { Length: > 0 } given
            ? DateTimeOffset.Parse(given, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
            : new DateTimeOffset(2027, 3, 10, 9, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Replaces the ledger's empty months, which the migrations made from the database's now on, by those from the start of test worlds on.
    /// </summary>
    public static async Task MakePartitionsAsync(string database)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var drop = new NpgsqlCommand(
            """
            do $$
            declare month regclass;
            begin
                for month in select inhrelid from pg_inherits where inhparent = 'transfers'::regclass loop
                    if month <> 'transfers_default'::regclass then
                        execute format('drop table %s', month);
                    end if;
                end loop;
            end $$
            """,
            connection
        );
        await drop.ExecuteNonQueryAsync();
        await using var make = new NpgsqlCommand("select ledger_make_partitions($1, 4)", connection)
        {
            Parameters = { new NpgsqlParameter<DateTime> { TypedValue = Start.UtcDateTime } },
        };
        await make.ExecuteNonQueryAsync();
    }
}
