namespace GpuGrants.Api.Tests.World;

/// <summary>Looks at the whole database, whatever tables it has.</summary>
internal static class Snapshot
{
    // What a call leaves behind although it changed nothing: keys that sign, where it came from, and each tree's clock.
    private const string Tables =
        "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and "
        + "table_name not in ('signing_keys', 'schemaversions', 'caller_addresses') order by table_name";

    /// <summary>A fingerprint of every row of every table.</summary>
    public static async Task<string> FingerprintAsync(this TestWorld world)
    {
        var prints = new List<string>();
        foreach (var table in await TablesAsync(world))
        {
            var print = await world.ScalarAsync<string>(
                "select count(*) || ' ' || coalesce(md5(string_agg(row, '|' order by row)), '') "
                    + $"from (select t::text as row from {table} t) rows"
            );
            prints.Add($"{table} {print}");
        }

        return string.Join('\n', prints);
    }

    /// <summary>In how many rows of all tables a text stands.</summary>
    public static async Task<long> CountRowsWithAsync(this TestWorld world, string text)
    {
        var count = 0L;
        foreach (var table in await TablesAsync(world))
            count += await world.ScalarAsync<long>($"select count(*) from {table} t where strpos(t::text, $1) > 0", text);
        return count;
    }

    private static Task<List<string>> TablesAsync(TestWorld world) => world.ListAsync(Tables, row => row.GetString(0));
}
