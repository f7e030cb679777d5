using System.Net;
using System.Text.RegularExpressions;
using GpuGrants.Api.Store;
using GpuGrants.Api.Tests.World;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Api.Tests.Store;

/// <summary>The EF model against the migrated schema, and what the runtime role may do to it.</summary>
public sealed partial class SchemaTests
{
    /// <summary>
    /// The migrator's own list of what it has run, and what the dispatcher of webhooks and the follower for notices remember. They alone
    /// read and write that.
    /// </summary>
    internal static readonly string[] Unmapped =
    [
        "schemaversions",
        "webhook_delivery_parts",
        "webhook_dispatch",
        "webhook_positions",
        "webhook_waiting",
        "notice_state",
        "notice_positions",
        "notice_escalations",
        "notice_budgets",
    ];

    [Fact]
    public async Task Every_mapped_column_is_there_with_its_type_and_nullability_and_every_column_is_mapped()
    {
        await using var world = await TestWorld.StartAsync();
        var schema = await ColumnsAsync(world);
        using var scope = world.Services.CreateScope();
        var model = new Dictionary<string, string>();
        foreach (var entity in scope.ServiceProvider.GetRequiredService<GpuGrantsContext>().Model.GetEntityTypes())
        foreach (var property in entity.GetProperties())
            model[$"{entity.GetTableName()}.{property.GetColumnName()}"] =
                $"{property.GetColumnType()}{(property.IsNullable ? " null" : "")}";
        var differs = model
            .Where(column => !schema.TryGetValue(column.Key, out var found) || found != column.Value)
            .Select(column => $"{column.Key}: the model has {column.Value}, the schema {schema.GetValueOrDefault(column.Key, "nothing")}")
            .Concat(
                schema
                    .Keys.Except(model.Keys)
                    .Where(column => !Unmapped.Contains(column.Split('.')[0]))
                    .Select(column => $"{column}: no model maps it")
            );
        Assert.Equal([], differs.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_schema_knows_the_same_kinds_of_organization_as_the_rules()
    {
        await using var world = await TestWorld.StartAsync();
        var check = await world.ScalarAsync<string>(
            "select pg_get_constraintdef(oid) from pg_constraint where conname = 'organizations_kind_check'"
        );
        Assert.Equal(
            OrganizationKinds.All.Order(StringComparer.Ordinal),
            Word().Matches(check).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal)
        );
    }

    [GeneratedRegex("'([a-z-]+)'")]
    private static partial Regex Word();

    [Theory]
    [InlineData("transfers")]
    [InlineData("refused_transfers")]
    [InlineData("ledger_blocks")]
    [InlineData("events")]
    [InlineData("decisions")]
    [InlineData("request_revisions")]
    [InlineData("usage_records")]
    [InlineData("offer_rates")]
    [InlineData("quota_facts")]
    public async Task The_service_cannot_change_the_past(string table)
    {
        await using var world = await TestWorld.StartAsync();
        var service = world.Services.GetRequiredService<NpgsqlDataSource>();
        foreach (
            var sql in (string[])
                [
                    $"update {table} set root_programme_id = root_programme_id",
                    $"delete from {table}",
                    $"truncate {table}",
                    $"drop table {table}",
                    $"alter table {table} disable trigger all",
                ]
        )
        {
            await using var command = service.CreateCommand(sql);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [Fact]
    public async Task A_published_policy_never_changes_not_even_by_its_tables_owner()
    {
        await using var world = await TestWorld.StartAsync();
        var policy = await world.Policy(null, Scenes.PerMonth("30"));
        foreach (
            var sql in (string[])
                [
                    "update quota_policy_versions set document = '{}'",
                    "update quota_policy_versions set status = 'draft', published_at = null",
                    "update quota_policy_versions set effective_from = effective_from - interval '1 day'",
                    "delete from quota_policy_versions",
                    "truncate quota_policy_versions",
                ]
        )
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => world.ScalarAsync<long>(sql));
            Assert.Equal(PostgresErrorCodes.RestrictViolation, refused.SqlState);
        }

        (await world.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_service_owns_nothing_and_makes_no_tables()
    {
        await using var world = await TestWorld.StartAsync();
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from pg_class where relowner = 'gpugrants_runtime'::regrole"));
        await using var command = world.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("create table mine (id int)");
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege,
            (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).SqlState
        );
    }

    /// <summary>PostgreSQL parses a table's own checks again for each statement, and keeps those of a domain.</summary>
    [Fact]
    public async Task What_one_column_of_a_table_that_decisions_write_has_to_fulfil_is_its_domain()
    {
        await using var world = await TestWorld.StartAsync();
        Assert.Equal(
            "",
            await world.ScalarAsync<string>(
                """
                select coalesce(string_agg(conrelid::regclass || '.' || conname, ', '), '') from pg_constraint
                where contype = 'c' and cardinality(conkey) = 1 and conrelid::regclass::text in ('accounts', 'decisions', 'events', 'grants',
                    'idempotency_keys', 'programme_trees', 'quota_facts', 'requests', 'subject_counters', 'transfers')
                """
            )
        );
    }

    private static async Task<Dictionary<string, string>> ColumnsAsync(TestWorld world)
    {
        var rows = await world.ListAsync(
            """
            select c.relname || '.' || a.attname,
                format_type(coalesce(nullif(t.typbasetype, 0), t.oid), a.atttypmod) || case when a.attnotnull then '' else ' null' end
            from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
                join pg_type t on t.oid = a.atttypid
            where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
            """,
            row => (row.GetString(0), row.GetString(1))
        );
        return rows.ToDictionary();
    }
}
