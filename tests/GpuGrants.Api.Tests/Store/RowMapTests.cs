using System.Reflection;
using GpuGrants.Api.Store;
using GpuGrants.Api.Tests.World;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace GpuGrants.Api.Tests.Store;

/// <summary>The one mapping of rows: what is written as a set is what every reader reads.</summary>
public sealed class RowMapTests
{
    [Fact]
    public async Task What_is_written_as_a_set_is_what_every_reader_reads()
    {
        await using var world = await TestWorld.StartAsync();
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        foreach (var type in GpuGrantsContext.Mapping.GetEntityTypes())
            await (Task)
                typeof(RowMapTests)
                    .GetMethod(nameof(CheckAsync), BindingFlags.NonPublic | BindingFlags.Static)!
                    .MakeGenericMethod(type.ClrType)
                    .Invoke(null, [connection, type])!;
    }

    [Fact]
    public async Task The_service_may_update_exactly_the_columns_that_the_mapping_updates()
    {
        await using var world = await TestWorld.StartAsync();
        var allowed = await world.ScalarAsync<string[]>(
            """
            select array_agg(table_name || '.' || column_name) from information_schema.column_privileges
            where grantee = 'gpugrants_runtime' and privilege_type = 'UPDATE' and table_schema = 'public'
            """
        );
        var (updated, fixedOnes) = (new List<string>(), new HashSet<string>());
        foreach (var type in GpuGrantsContext.Mapping.GetEntityTypes())
        foreach (var property in type.GetProperties())
        {
            var name = $"{type.GetTableName()}.{property.GetColumnName()}";
            if (property.IsPrimaryKey())
                fixedOnes.Add(name);
            else if (property.GetAfterSaveBehavior() == PropertySaveBehavior.Save)
                updated.Add(name);
        }

        Assert.Equal(updated.Order(StringComparer.Ordinal), allowed.Except(fixedOnes).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_table_whose_rows_never_change_has_no_update() =>
        Assert.Throws<InvalidOperationException>(() => RowMap.Of<TransferRow>().Update([new TransferRow()]));

    [Fact]
    public async Task A_kind_is_stored_as_its_word_by_the_set_and_found_by_its_value_through_EF()
    {
        await using var world = await TestWorld.StartAsync();
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await ShadowAsync(connection, "accounts");
        var row = new OddRows<AccountRow>(GpuGrantsContext.Mapping.FindEntityType(typeof(AccountRow))!).Make();
        row.Kind = AccountKind.Breakage;
        await RunAsync(connection, RowMap.Of<AccountRow>().Insert([row]));
        await using var select = new NpgsqlCommand("select kind from accounts", connection);
        Assert.Equal("breakage", await select.ExecuteScalarAsync());
        await using var db = Open(connection);
        Assert.Equal(row.Id, (await db.Set<AccountRow>().SingleAsync(one => one.Kind == AccountKind.Breakage)).Id);
        Assert.False(await db.Set<AccountRow>().AnyAsync(one => one.Kind == AccountKind.Budget));
    }

    private static async Task CheckAsync<TRow>(NpgsqlConnection connection, IEntityType type)
        where TRow : class, new()
    {
        var (map, odd) = (RowMap.Of<TRow>(), new OddRows<TRow>(type));
        await ShadowAsync(connection, map.Table);
        List<TRow> rows = [odd.Make(), odd.Make(withNulls: true)];
        await RunAsync(connection, map.Insert(rows));
        await SameAsync(connection, odd, rows);
        if (odd.Mutable.Any())
        {
            rows.ForEach(row => odd.Change(row));
            await RunAsync(connection, map.Update(rows));
            await SameAsync(connection, odd, rows);
            odd.Change(rows[0]);
            rows.Add(odd.Make());
            await RunAsync(connection, map.Upsert(rows));
            await SameAsync(connection, odd, rows);
        }

        await RunAsync(connection, map.Delete(rows[1..]));
        await SameAsync(connection, odd, rows[..1]);
    }

    /// <summary>
    /// Puts an empty table with the same columns and keys before the real one for this connection: odd values would break the rules that the
    /// real one has.
    /// </summary>
    private static async Task ShadowAsync(NpgsqlConnection connection, string table)
    {
        await using var command = new NpgsqlCommand($"create temporary table {table} (like public.{table} including indexes)", connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task SameAsync<TRow>(NpgsqlConnection connection, OddRows<TRow> odd, List<TRow> rows)
        where TRow : class, new()
    {
        var map = RowMap.Of<TRow>();
        var expected = InOrder(rows);
        await using (var batch = new NpgsqlBatch(connection) { BatchCommands = { map.Select([.. rows.Select(map.KeyOf)]) } })
            Assert.Equal(expected, InOrder(await ReadAsync(batch, 0)));
        var list = new NpgsqlBatchCommand($"select 'before', {map.Columns("t")} from {map.Table} t");
        await using (var batch = new NpgsqlBatch(connection) { BatchCommands = { list } })
            Assert.Equal(expected, InOrder(await ReadAsync(batch, 1)));
        await using var db = Open(connection);
        Assert.Equal(expected, InOrder(await db.Set<TRow>().AsNoTracking().ToListAsync()));

        async Task<List<TRow>> ReadAsync(NpgsqlBatch batch, int offset)
        {
            await using var reader = await batch.ExecuteReaderAsync();
            var read = new List<TRow>();
            while (await reader.ReadAsync())
                read.Add(map.Read(reader, offset));
            Assert.Equal(offset + map.Width, reader.FieldCount);
            return read;
        }

        IEnumerable<IReadOnlyDictionary<string, object?>> InOrder(IEnumerable<TRow> some) =>
            some.OrderBy(row => map.KeyOf(row).ToString(), StringComparer.Ordinal).Select(odd.Values).ToList();
    }

    private static async Task RunAsync(NpgsqlConnection connection, NpgsqlBatchCommand command)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { command } };
        await batch.ExecuteNonQueryAsync();
    }

    private static GpuGrantsContext Open(NpgsqlConnection connection) =>
        new(new DbContextOptionsBuilder<GpuGrantsContext>().UseNpgsql(connection).Options);
}
