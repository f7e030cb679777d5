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
            where grantee = 'gpugrants_runtime' and privilege_type = 'UPDATE' and table_schema = 'public' and not table_name = any ($1)
            """,
            (object)SchemaTests.Unmapped
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

    [Fact]
    public async Task A_part_reads_its_columns_and_leaves_the_others()
    {
        await using var world = await TestWorld.StartAsync();
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await ShadowAsync(connection, "holds");
        var row = new OddRows<HoldRow>(GpuGrantsContext.Mapping.FindEntityType(typeof(HoldRow))!).Make();
        await RunAsync(connection, RowMap.Of<HoldRow>().Insert([row]));
        var part = RowMap.Of<HoldRow>().Part(one => new { one.EndedAt, one.Unit });
        await using var command = new NpgsqlCommand($"select {part.Columns("h")} from holds h", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var read = Assert.Single(await part.ListAsync(reader));
        Assert.Equal((row.EndedAt, row.Unit, Guid.Empty), (read.EndedAt, read.Unit, read.Id));
    }

    [Fact]
    public async Task A_converter_decides_how_sets_readers_and_literals_have_a_column()
    {
        await using var world = await TestWorld.StartAsync();
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using (
            var create = new NpgsqlCommand("create temporary table coded (id uuid primary key, kind int2 not null, was int2)", connection)
        )
            await create.ExecuteNonQueryAsync();
        await using var db = new CodedContext(new DbContextOptionsBuilder<CodedContext>().UseNpgsql(connection).Options);
        var (map, odd) = (new RowMap<Coded>(db.Model), new OddRows<Coded>(db.Model.FindEntityType(typeof(Coded))!));
        List<Coded> rows = [odd.Make(), odd.Make(withNulls: true)];
        rows[0].Kind = TransferKind.Void;
        rows[1].Kind = TransferKind.Pending;
        await RunAsync(connection, map.Insert(rows));
        Assert.Equal("3", map.Literal(row => row.Kind, TransferKind.Void));
        var sql = $"select {map.Columns("c")} from coded c where c.kind = {map.Literal(row => row.Kind, TransferKind.Void)}";
        await using (var command = new NpgsqlCommand(sql, connection))
        await using (var reader = await command.ExecuteReaderAsync())
            Assert.Equal(odd.Values(rows[0]), odd.Values(Assert.Single(await map.ListAsync(reader))));
        rows[1].Was = AccountKind.Delivered;
        await RunAsync(connection, map.Update(rows));
        Assert.Equal(odd.Values(rows[1]), odd.Values(await db.Set<Coded>().SingleAsync(row => row.Was == AccountKind.Delivered)));
    }

    /// <summary>A row whose words are stored as small codes.</summary>
    private sealed class Coded
    {
        public Guid Id { get; set; }

        public TransferKind Kind { get; set; }

        public AccountKind? Was { get; set; }
    }

    private sealed class CodedContext(DbContextOptions<CodedContext> options) : DbContext(options)
    {
        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseSnakeCaseNamingConvention();

        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            var table = modelBuilder.Entity<Coded>().ToTable("coded");
            table.Property(row => row.Kind).HasConversion<short>();
            table.Property(row => row.Was).HasConversion<short>();
        }
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
        }

        await RunAsync(connection, map.Delete(rows[1..]));
        await SameAsync(connection, odd, rows[..1]);
        // A single row travels as values, not as arrays.
        foreach (var row in (TRow[])[odd.Make(), odd.Make(withNulls: true)])
        {
            rows = [.. rows[..1], row];
            await RunAsync(connection, map.Insert([row]));
            await SameAsync(connection, odd, rows);
            if (odd.Mutable.Any())
            {
                odd.Change(row);
                await RunAsync(connection, map.Update([row]));
                await SameAsync(connection, odd, rows);
            }

            await RunAsync(connection, map.Delete([row]));
        }
    }

    /// <summary>
    /// Puts an empty table with the same columns and keys before the real one, for this connection. Odd values would break the real one's
    /// rules.
    /// </summary>
    private static async Task ShadowAsync(NpgsqlConnection connection, string table)
    {
        // A domain has its rules with it wherever it is used.
        var sql = $$"""
            create temporary table {{table}} (like public.{{table}} including indexes);
            do $$ declare one record; begin
                for one in select a.attname, t.typbasetype::regtype as base from pg_attribute a join pg_type t on t.oid = a.atttypid
                    where a.attrelid = 'pg_temp.{{table}}'::regclass and a.attnum > 0 and t.typtype = 'd' loop
                    execute format('alter table pg_temp.{{table}} alter column %I type %s', one.attname, one.base);
                end loop;
            end $$
            """;
        await using var command = new NpgsqlCommand(sql, connection);
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

    private static GpuGrantsContext Open(NpgsqlConnection connection)
    {
        var options = new DbContextOptionsBuilder<GpuGrantsContext>();
        GpuGrantsContext.Configure(options);
        return new(options.UseNpgsql(connection).Options);
    }
}
