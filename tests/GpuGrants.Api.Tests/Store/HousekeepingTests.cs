using System.Net;
using GpuGrants.Api.Store;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Api.Tests.Store;

/// <summary>What is over goes, however much of it there is, and whatever else fails.</summary>
public sealed class HousekeepingTests
{
    private const int Rows = 20_001;
    private const int Slice = 10_000;

    /// <summary>Rows of long ago, one statement per table: <c>i</c> counts them, <c>$1</c> is a moment at which they are over.</summary>
    private static readonly (string Table, string Sql)[] Old =
    [
        (
            "address_proofs",
            "insert into address_proofs (id, purpose, identity, code_hash, tries, created_at, expires_at) select gen_random_uuid(), "
                + "'sign-up', repeat('0', 64), sha256('code'::bytea), 0, $1 - interval '1 hour', $1 from generate_series(1, $2) i"
        ),
        (
            "domain_proofs",
            "insert into domain_proofs (id, organization_id, domain, method, tries, created_by, client_id, created_at, expires_at) "
                + "select gen_random_uuid(), o.id, 'a.example', 'dns', 0, c.principal_id, c.client_id, $1 - interval '1 hour', $1 "
                + "from (select id from organizations limit 1) o, (select principal_id, client_id from api_clients limit 1) c, "
                + "generate_series(1, $2) i"
        ),
        (
            "caller_addresses",
            "insert into caller_addresses (id, client_id, address, since) select gen_random_uuid(), 'client ' || i, '127.0.0.1', $1 "
                + "from generate_series(1, $2) i"
        ),
        ("call_windows", "insert into call_windows (key, began_at, taken) select 'limit ' || i, $1, 1 from generate_series(1, $2) i"),
        (
            "mails",
            "insert into mails (id, status, attempts, created_at, ended_at) "
                + "select gen_random_uuid(), 'sent', 1, $1 - interval '1 hour', $1 "
                + "from generate_series(1, $2) i"
        ),
    ];

    /// <summary>Plans without whole reads are dear to PostgreSQL where a table has no other, and what is dear it compiles.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PostgreSQL_compiles_no_statement_of_the_service(bool isPipeline)
    {
        await using var world = await TestWorld.StartAsync();
        var database = isPipeline
            ? world.Services.GetRequiredKeyedService<NpgsqlDataSource>(Database.Pipeline)
            : world.Services.GetRequiredService<NpgsqlDataSource>();
        await using var show = database.CreateCommand("show jit");
        Assert.Equal("off", await show.ExecuteScalarAsync());
    }

    /// <summary>A statement that deletes all at once fails at its timeout once there is too much, and then there is ever more.</summary>
    [Fact]
    public async Task What_is_over_is_deleted_in_slices_whatever_its_kind()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Organization();
        await world.ScalarAsync<long>(
            """
            create table slices (place text not null, rows bigint not null);
            create function note_slice() returns trigger language plpgsql security definer as $$
            begin
                insert into public.slices select tg_table_name, count(*) from gone;
                return null;
            end $$;
            select 1::bigint
            """
        );
        foreach (var (table, sql) in Old)
        {
            await world.ScalarAsync<long>(
                $"create trigger note_slice after delete on {table} referencing old table as gone for each statement "
                    + "execute function note_slice(); select 1::bigint"
            );
            await world.ScalarAsync<long>($"with old as ({sql} returning 1) select count(*) from old", world.Now.AddDays(-100), Rows);
        }

        await world.PassAsync(TimeSpan.FromHours(2));
        foreach (var (table, _) in Old)
        {
            Assert.Equal((table, (long)Rows), (table, await SumAsync("sum", table)));
            Assert.Equal((table, (long)Slice), (table, await SumAsync("max", table)));
        }

        Task<long> SumAsync(string how, string table) =>
            world.ScalarAsync<long>($"select coalesce({how}(rows), 0)::bigint from slices where place = $1", table);
    }

    [Fact]
    public async Task Tokens_of_grants_are_kept_until_two_hours_after_their_end()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.ScalarAsync<long>(
            "with made as (insert into grant_tokens select root_programme_id, id, $1, $2 from grants returning 1) "
                + "select count(*) from made",
            scene.Provider,
            world.Now
        );
        Assert.NotNull(asked.Body!["grantId"]);
        await world.PassAsync(TimeSpan.FromMinutes(90));
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from grant_tokens"));
        await world.PassAsync(TimeSpan.FromMinutes(90));
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from grant_tokens"));
    }
}
