using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Tests.World;

/// <summary>What a migrated database holds before anybody used it, and how to come back to it.</summary>
internal static class TemplateState
{
    /// <summary>
    /// A sign of the schema. Whatever changes the schema deletes rows of PostgreSQL's catalogue, or writes new ones with the number of a
    /// later transaction. The latest number is counted from the first that PostgreSQL gives, 3.
    /// </summary>
    private const string SchemaSql = """
        select concat_ws(' ',
            (select (count(*), age('3'::xid) - min(age(xmin)))::text from pg_class),
            (select (count(*), age('3'::xid) - min(age(xmin)))::text from pg_attribute),
            (select (count(*), age('3'::xid) - min(age(xmin)))::text from pg_constraint),
            (select (count(*), age('3'::xid) - min(age(xmin)))::text from pg_trigger),
            (select (count(*), age('3'::xid) - min(age(xmin)))::text from pg_proc),
            (select (count(*), age('3'::xid) - min(age(xmin)))::text from pg_type),
            (select (count(*), age('3'::xid) - min(age(xmin)))::text from pg_inherits),
            (select (count(*), age('3'::xid) - min(age(xmin)))::text from pg_db_role_setting))
        """;

    private const string TablesSql = """
        select c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
        from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        group by c.relname
        """;

    private const string SequencesSql = """
        select format('select setval(%L, %s, %L)', sequencename, coalesce(last_value, start_value), last_value is not null)
        from pg_sequences where schemaname = 'public'
        """;

    private static readonly Lazy<Task<List<string>>> Restore = new(WriteAsync);

    /// <summary>The sign of a database's schema.</summary>
    public static async Task<string> SchemaOfAsync(string database) => (await RowsAsync(database, SchemaSql))[0][0];

    /// <summary>
    /// Empties each table, and puts back what the migrations wrote. PostgreSQL plans these statements once for the connection, which nobody
    /// else uses.
    /// </summary>
    public static async Task<NpgsqlBatch> PrepareRestoreAsync(NpgsqlConnection connection)
    {
        // Triggers keep tables append-only, and foreign keys ask for an order. Both are for the service, not for the end of a test.
        await using (var settings = new NpgsqlCommand("set session_replication_role = replica; set lock_timeout = '10s'", connection))
            await settings.ExecuteNonQueryAsync();
        var batch = new NpgsqlBatch(connection);
        foreach (var statement in await Restore.Value)
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        await batch.PrepareAsync();
        return batch;
    }

    /// <summary>Writes the statements, from a database that nobody has used.</summary>
    private static async Task<List<string>> WriteAsync()
    {
        var database = await TestDatabase.CreateAsync();
        try
        {
            var statements = new List<string>();
            foreach (var table in await RowsAsync(database, TablesSql))
                statements.AddRange(await FillAsync(database, table[0], table[1]));
            statements.AddRange((await RowsAsync(database, SequencesSql)).Select(row => row[0]));
            return statements;
        }
        finally
        {
            await TestDatabase.DropAsync(database);
        }
    }

    private static async Task<List<string>> FillAsync(string database, string table, string columns)
    {
        var rows = (await RowsAsync(database, $"select coalesce(quote_literal(jsonb_agg(t)), '') from {table} t"))[0][0];
        var statements = new List<string> { $"delete from {table}" };
        if (rows.Length > 0)
            statements.Add(
                $"insert into {table} ({columns}) overriding system value "
                    + $"select {columns} from jsonb_populate_recordset(null::{table}, {rows})"
            );
        return statements;
    }

    private static async Task<List<string[]>> RowsAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ListAsync(row => Enumerable.Range(0, row.FieldCount).Select(row.GetString).ToArray());
    }
}
