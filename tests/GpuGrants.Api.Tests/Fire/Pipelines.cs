using System.Diagnostics.Metrics;
using System.Net;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Ledger.Archives;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Metrics;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Talking to a world's pipeline without HTTP.</summary>
internal static class Pipelines
{
    public static DecisionPipeline Pipeline(this TestWorld world) => world.Services.GetRequiredService<DecisionPipeline>();

    public static async Task<Outcome> Post(this TestWorld world, Guid tree, params Step[] chain) =>
        Outcome.Of(await world.Send(tree, null, chain));

    public static Task<Answer> Send(this TestWorld world, Guid tree, string? key, params Step[] chain) =>
        Posting.SendAsync(world.Pipeline(), tree, key, chain);

    /// <summary>A new tree with credits in the budget of <paramref name="owner"/>.</summary>
    public static async Task<Guid> Tree(this TestWorld world, Guid owner, long amount)
    {
        var tree = Guid.CreateVersion7();
        Assert.Null((await world.Post(tree, Step.Post(tree, owner, amount))).Refused);
        return tree;
    }

    public static Task<long> Available(this TestWorld world, Guid owner) =>
        world.ScalarAsync<long>(
            "select coalesce(sum(credits_posted - debits_posted - debits_pending), 0)::bigint from accounts where "
                + "owner_id = $1 and kind = 'budget'",
            owner
        );

    /// <summary>Requests and grants whose last change no event of its moment tells, by which lists find changes.</summary>
    private const string Untold = """
        select count(*) from (
            select 'request' as type, root_programme_id, id::text, updated_at from requests
            union all select 'grant', root_programme_id, id::text, updated_at from grants) r
        where not exists (select from events e where e.root_programme_id = r.root_programme_id and e.occurred_at = r.updated_at
            and r.id in (case when e.resource_type = r.type then e.resource_id end, e.data ->> (r.type || 'Id'), e.data ->> 'continuedAs'))
        """;

    /// <summary>Fails with what the verifier finds.</summary>
    public static async Task Verified(this TestWorld world)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        Assert.Empty((await LedgerVerifier.VerifyAsync(connection)).SelectMany(report => report.Findings));
        Assert.Equal(0, await world.ScalarAsync<long>(Untold));
    }

    /// <summary>Seals what the ledger has so far.</summary>
    public static Task SealAsync(this TestWorld world) =>
        world.Services.GetRequiredService<LedgerSealer>().SealAsync(CancellationToken.None);

    /// <summary>A transaction of somebody else that holds the tree's lock until it is disposed.</summary>
    public static async Task<NpgsqlConnection> Locked(this TestWorld world, Guid tree)
    {
        var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"begin; select 1 from programme_trees where root_programme_id = '{tree}' for update",
            connection
        );
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Makes two calls that change what belongs to no programme, and that one batch decides in their order.</summary>
    public static async Task<(Reply First, Reply Then)> InOneBatchAsync(
        this TestWorld world,
        Func<Task<Reply>> first,
        Func<Task<Reply>> then
    )
    {
        Task<Reply> before;
        Task<Reply> one;
        Task<Reply> other;
        await using (await world.Locked(Guid.Empty))
        {
            // Something else is carried out meanwhile, so that both wait in the queue.
            before = world.StartSignUpAsync("somebody@example.org");
            await world.UntilBlocked();
            one = first();
            await world.UntilQueued(1);
            other = then();
            await world.UntilQueued(2);
        }

        (await before).Expect(HttpStatusCode.Accepted);
        return (await one, await other);
    }

    /// <summary>Waits until that many commands wait in the queues of the world's service, behind those that are carried out.</summary>
    public static async Task UntilQueued(this TestWorld world, int commands)
    {
        var own = world.Services.GetRequiredService<PipelineMetrics>();
        var waiting = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (own.Owns(instrument) && instrument.Name == "gpugrants.queue.length")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => waiting = value);
        listener.Start();
        while (waiting < commands)
        {
            await Task.Yield();
            listener.RecordObservableInstruments();
        }
    }

    /// <summary>Waits until that many transactions wait for locks in the world's database.</summary>
    public static async Task UntilBlocked(this TestWorld world, int transactions = 1)
    {
        while (
            await world.ScalarAsync<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            ) < transactions
        )
            await Task.Yield();
    }
}
