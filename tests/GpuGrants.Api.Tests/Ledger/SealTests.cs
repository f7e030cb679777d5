using GpuGrants.Api.Ledger.Archives;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>The database's owner can change the past; the verifier tells. The service's own role cannot even try.</summary>
public sealed class SealTests
{
    private const string AwardsSql = "from transfers where unit = 'credit' and amount = 72000000 order by sequence limit 1";

    [Fact]
    public async Task A_sealed_ledger_is_found_in_order()
    {
        await using var world = await SealedAsync();
        Assert.Empty(await FindingsAsync(world));
        Assert.Equal(
            await world.ScalarAsync<long>("select sum(transfer_sequence)::bigint from programme_trees"),
            await world.ScalarAsync<long>("select sum(length(row_digests) / 8)::bigint from ledger_blocks")
        );
    }

    [Fact]
    public async Task Sealing_again_seals_only_what_came_since_and_chains_it()
    {
        await using var world = await SealedAsync();
        var before = await world.ScalarAsync<long>("select count(*) from ledger_blocks");
        await world.SealAsync();
        Assert.Equal(before, await world.ScalarAsync<long>("select count(*) from ledger_blocks"));
        await world.Programme(credits: 5);
        await world.Fund(await world.ScalarAsync<Guid>("select root_programme_id from ledger_blocks limit 1"), 5);
        await world.SealAsync();
        Assert.Equal(2, await world.ScalarAsync<long>("select max(number) from ledger_blocks"));
        Assert.Empty(await FindingsAsync(world));
    }

    [Fact]
    public async Task A_transfer_whose_amount_the_owner_changed_is_named()
    {
        await using var world = await SealedAsync();
        var id = await world.ScalarAsync<Guid>($"select id {AwardsSql}");
        await TamperAsync(world, $"update transfers set amount = amount + 1 where id = '{id}'");
        var findings = await FindingsAsync(world);
        Assert.Contains(findings, one => one.Code == FindingCodes.TransferChanged && one.TransferId == id);
        Assert.Contains(findings, one => one.Code == FindingCodes.CountersWrong && one.TransferId == id);
        Assert.Contains(findings, one => one.Code == FindingCodes.BlockBroken);
    }

    [Fact]
    public async Task A_grant_that_its_request_does_not_name_is_found()
    {
        await using var world = await SealedAsync();
        await TamperAsync(world, "update grants set request_id = gen_random_uuid()");
        Assert.Equal(
            await world.ScalarAsync<long>("select count(*) from grants"),
            (await FindingsAsync(world)).Count(one => one.Code == FindingCodes.GrantWrong)
        );
        Assert.NotEqual(0, await world.ScalarAsync<long>("select count(*) from grants"));
    }

    [Fact]
    public async Task A_transfer_in_which_the_owner_changed_only_a_word_is_named_by_the_seal_alone()
    {
        await using var world = await SealedAsync();
        var id = await world.ScalarAsync<Guid>($"select id {AwardsSql}");
        await TamperAsync(world, $"update transfers set note = 'Never mind' where id = '{id}'");
        var findings = await FindingsAsync(world);
        Assert.Equal([FindingCodes.TransferChanged, FindingCodes.BlockBroken], findings.Select(one => one.Code));
        Assert.Equal(id, findings[0].TransferId);
    }

    [Fact]
    public async Task A_transfer_that_the_owner_deleted_is_named_by_its_number()
    {
        await using var world = await SealedAsync();
        var sequence = await world.ScalarAsync<long>($"select sequence {AwardsSql}");
        await TamperAsync(world, $"delete from transfers where id = (select id {AwardsSql})");
        var findings = await FindingsAsync(world);
        Assert.Contains(findings, one => one.Code == FindingCodes.TransferMissing && one.Sequence == sequence);
        Assert.Contains(findings, one => one.Code == FindingCodes.BlockBroken);
    }

    [Theory]
    [InlineData("sequence = 2", 2L)]
    [InlineData("sequence = (select max(last_sequence) from ledger_blocks)", null)]
    public async Task Of_one_block_a_missing_row_is_named_in_the_middle_and_at_the_end(string where, long? expected)
    {
        await using var world = await SealedAsync();
        var sequence = expected ?? await world.ScalarAsync<long>("select max(last_sequence) from ledger_blocks");
        await TamperAsync(world, $"delete from transfers where {where}");
        var findings = await FindingsAsync(world);
        Assert.Equal(sequence, Assert.Single(findings, one => one.Code == FindingCodes.TransferMissing).Sequence);
        Assert.All(findings, one => Assert.Contains(one.Code, (string[])[FindingCodes.TransferMissing, FindingCodes.BlockBroken]));
    }

    [Fact]
    public async Task A_block_that_the_owner_deleted_with_all_its_rows_is_named_and_the_next_one_is_not()
    {
        await using var world = await SealedAsync();
        await world.Fund(await world.ScalarAsync<Guid>("select root_programme_id from ledger_blocks limit 1"), 5);
        await world.SealAsync();
        var last = await world.ScalarAsync<long>("select last_sequence from ledger_blocks where number = 1");
        await TamperAsync(world, $"delete from transfers where sequence <= {last}; delete from ledger_blocks where number = 1");
        var findings = await FindingsAsync(world);
        Assert.Contains(
            findings,
            one => one.Code == FindingCodes.TransferMissing && one.Message.Contains($"1 to {last}", StringComparison.Ordinal)
        );
        Assert.Equal(1, Assert.Single(findings, one => one.Code == FindingCodes.BlockMissing).BlockNumber);
        Assert.DoesNotContain(findings, one => one.Code == FindingCodes.BlockBroken);
    }

    [Fact]
    public async Task A_transfer_that_the_owner_inserted_is_named()
    {
        await using var world = await SealedAsync();
        const string Inserted = "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d";
        await TamperAsync(
            world,
            "insert into transfers select copy.* from (select * from transfers where sequence = 3) one, lateral "
                + $"jsonb_populate_record(null::transfers, to_jsonb(one) || jsonb_build_object('id', '{Inserted}')) copy"
        );
        var finding = Assert.Single(await FindingsAsync(world));
        Assert.Equal((FindingCodes.TransferInserted, Guid.Parse(Inserted)), (finding.Code, finding.TransferId!.Value));
    }

    [Fact]
    public async Task A_transfer_of_a_kind_that_is_none_is_named_and_the_rest_is_checked_all_the_same()
    {
        await using var world = await SealedAsync();
        var id = await world.ScalarAsync<Guid>($"select id {AwardsSql}");
        await TamperAsync(
            world,
            "alter domain transfer_kind drop constraint transfer_kind_check; alter table transfers drop constraint transfers_shape; "
                + $"update transfers set kind = 'gift' where id = '{id}'"
        );
        var findings = await FindingsAsync(world);
        Assert.Equal([FindingCodes.TransferChanged, FindingCodes.BlockBroken], findings.Select(one => one.Code));
        Assert.Equal(id, findings[0].TransferId);
    }

    [Theory]
    [InlineData("amount = amount + 1")]
    [InlineData("expires_at = expires_at + interval '1 day'")]
    [InlineData("ended_by = gen_random_uuid()")]
    public async Task An_ended_hold_that_the_owner_rewrote_is_named(string change)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var asked = await scene.Startup.Ask(scene.Programme, 20);
        (await world.Admin.Post($"/v1/requests/{asked.Id}/deny", new { reason = "Too much" }, ("If-Match", asked.ETag))).Expect(
            System.Net.HttpStatusCode.OK
        );
        Assert.Empty(await FindingsAsync(world));
        var id = await world.ScalarAsync<Guid>("select id from holds where unit = 'credit' and ended_by is not null");
        await TamperAsync(world, $"update holds set {change} where id = '{id}'");
        var finding = Assert.Single(await FindingsAsync(world));
        Assert.Equal((FindingCodes.HoldWrong, id), (finding.Code, finding.TransferId!.Value));
    }

    [Fact]
    public async Task An_account_whose_counter_the_owner_changed_is_named()
    {
        await using var world = await SealedAsync();
        var id = await world.ScalarAsync<Guid>("select id from accounts where kind = 'budget' and credits_posted > 0 limit 1");
        await TamperAsync(world, $"update accounts set credits_posted = credits_posted + 1 where id = '{id}'");
        var finding = Assert.Single(await FindingsAsync(world));
        Assert.Equal((FindingCodes.AccountWrong, id), (finding.Code, finding.AccountId!.Value));
    }

    [Theory]
    [InlineData("update transfers set amount = amount + 1")]
    [InlineData("delete from transfers")]
    [InlineData("truncate transfers")]
    [InlineData("alter table transfers disable trigger all")]
    [InlineData("drop trigger transfers_append_only on transfers")]
    [InlineData("set session_replication_role = replica")]
    [InlineData("update ledger_blocks set hash = previous_hash")]
    [InlineData("delete from accounts")]
    [InlineData("update holds set amount = amount + 1")]
    public async Task The_services_own_role_cannot_change_the_past(string sql)
    {
        var database = await TestDatabase.CreateAsync();
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege,
            (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(database, $"set role gpugrants_runtime; {sql}"))).SqlState
        );
        await TestDatabase.DropAsync(database);
    }

    [Theory]
    [InlineData("update transfers set amount = amount + 1")]
    [InlineData("delete from transfers")]
    [InlineData("truncate transfers")]
    [InlineData("delete from ledger_blocks")]
    public async Task Even_the_owner_is_refused_while_the_triggers_are_there(string sql)
    {
        await using var world = await SealedAsync();
        Assert.Equal(
            PostgresErrorCodes.RestrictViolation,
            (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(world.Database, sql))).SqlState
        );
    }

    [Fact]
    public async Task Partitions_are_made_ahead_over_the_end_of_a_year_and_only_once()
    {
        var database = await TestDatabase.CreateAsync();
        Assert.Equal(4, await ScalarAsync<int>(database, "select ledger_make_partitions('2040-11-15T00:00:00Z', 4)"));
        Assert.Equal(0, await ScalarAsync<int>(database, "select ledger_make_partitions('2040-11-15T00:00:00Z', 4)"));
        Assert.Equal(
            ["transfers_2040_11", "transfers_2040_12", "transfers_2041_01", "transfers_2041_02"],
            await ScalarAsync<string[]>(
                database,
                "select array_agg(inhrelid::regclass::text order by 1) from pg_inherits where inhparent = "
                    + "'transfers'::regclass and inhrelid::regclass::text like 'transfers_204%'"
            )
        );
        await TestDatabase.DropAsync(database);
    }

    private static async Task<TestWorld> SealedAsync()
    {
        var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        foreach (var hours in (int[])[20, 10, 5])
            await scene.Startup.Ask(scene.Programme, hours);
        await world.SealAsync();
        return world;
    }

    private static async Task<List<Finding>> FindingsAsync(TestWorld world)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        return [.. (await LedgerVerifier.VerifyAsync(connection)).SelectMany(report => report.Findings)];
    }

    private static Task TamperAsync(TestWorld world, string sql) =>
        ExecuteAsync(world.Database, $"set session_replication_role = replica; {sql}");

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<T> ScalarAsync<T>(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
