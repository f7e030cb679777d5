using System.Diagnostics;
using GpuGrants.Benchmarks.Measuring;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>
/// Usage records in batches of 1,000 over HTTP, each charged to its grant, against <c>COPY</c> of the same rows under the same keys.
/// </summary>
internal static class UsageBench
{
    private const int Batch = 1_000;
    private const int GrantsPerBatch = 100;
    private const int Grants = 1_000;
    private const int MostCallers = 8;

    /// <summary>Ten times what a record uses: the last round uses the same time as others did.</summary>
    private const int MostGpus = 1_000;

    private const string PlainTable = """
        create table plain_usage (root_programme_id uuid not null, provider_id uuid not null, id uuid not null, grant_id uuid not null,
            milli_gpus integer not null, gpu_seconds bigint not null, credits bigint not null,
            started_at timestamptz not null, ended_at timestamptz not null, stated_started_at timestamptz, stated_ended_at timestamptz,
            transfer_id uuid, reported_by uuid not null, client_id text not null, created_at timestamptz not null,
            primary key (root_programme_id, provider_id, id));
        create index plain_usage_by_grant on plain_usage (grant_id, ended_at)
        """;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        var callers = Math.Min(MostCallers, options.Clients);
        await using var server = await BenchServer.StartAsync();
        await using var stage = await BenchStage.StartAsync(await server.CreateAsync("usage"), organizations: 50);
        var plain = await server.CreateAsync("plain", migrated: false);
        await BenchServer.ExecuteAsync(plain, PlainTable);
        var grants = await MakeGrantsAsync(stage);
        var started = DateTimeOffset.UtcNow;
        var plan = new LoadPlan(
            stage.Address.Port,
            options.Seconds,
            callers,
            [new LoadCall("POST", "/v1/usage-records", await Tokens.GetAsync(stage, stage.Operator), "")],
            new UsageLoad(grants, Batch, GrantsPerBatch, started)
        );
        await Callers.WarmUpAsync(slice => LoadProcess.MeasureAsync(Fresh(plan) with { Seconds = (int)slice.TotalSeconds }));
        var result = await BenchReport.CompareAsync(
            options,
            server,
            $"usage records of {BenchStage.LikeBranches} programmes over HTTP, {callers} callers, {Batch} a call",
            async () =>
            {
                var round = await LoadProcess.MeasureAsync(Fresh(plan));
                return round with { PerSecond = round.PerSecond * Batch };
            },
            $"COPY (binary) of the same rows, {callers} connections, {Batch} a transaction",
            () => CopyAsync(plain, grants, started, callers, options.Seconds),
            target: 0.3
        );
        var one = await LoadProcess.MeasureAsync(
            plan with
            {
                Usage = new UsageLoad(grants[..GrantsPerBatch], Batch, GrantsPerBatch, started),
            }
        );
        BenchReport.Say(FormattableString.Invariant($"  all of one programme: {one.PerSecond * Batch:N0}/s"));
        result["one_programme_per_s"] = Math.Round(one.PerSecond * Batch, 1);
        return BenchReport.End(options, result);
    }

    /// <summary>Each round uses time of its own: a round reports far less time than it takes.</summary>
    private static LoadPlan Fresh(LoadPlan plan) => plan with { Usage = plan.Usage! with { StartedAt = DateTimeOffset.UtcNow } };

    /// <summary>The grants of one report are of one programme, and reports take turns among the programmes.</summary>
    private static async Task<Guid[]> MakeGrantsAsync(BenchStage stage)
    {
        var grants = new Guid[Grants];
        await Parallel.ForAsync(
            0,
            Grants,
            new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (i, cancellation) =>
            {
                using var owner = stage.Connect(stage.Organizations[i % stage.Organizations.Count].Owner);
                var made = await owner.SubmitAsync(
                    new Client.RequestForGpuTime
                    {
                        ProgrammeId = stage.Programmes[i / GrantsPerBatch % stage.Programmes.Count],
                        GpuHours = 100,
                        Gpus = MostGpus,
                        Purpose = "To be used",
                    },
                    cancellation: cancellation
                );
                grants[i] = made.GrantId ?? throw new InvalidOperationException($"The request is {made.Status}.");
            }
        );
        return grants;
    }

    private static async Task<double> CopyAsync(string database, Guid[] grants, DateTimeOffset started, int callers, int seconds)
    {
        await using var source = NpgsqlDataSource.Create(database);
        var began = Stopwatch.GetTimestamp();
        var rows = await Task.WhenAll(
            Enumerable
                .Range(0, callers)
                .Select(caller =>
                    Task.Run(async () =>
                    {
                        var copied = 0L;
                        await using var connection = await source.OpenConnectionAsync();
                        for (var turn = caller; Stopwatch.GetElapsedTime(began).TotalSeconds < seconds; turn += callers, copied += Batch)
                            await CopyBatchAsync(connection, grants, started, turn);
                        return copied;
                    })
                )
        );
        return rows.Sum() / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task CopyBatchAsync(NpgsqlConnection connection, Guid[] grants, DateTimeOffset started, int turn)
    {
        await using var writer = await connection.BeginBinaryImportAsync("copy plain_usage from stdin (format binary)");
        var transfer = Guid.CreateVersion7();
        for (var i = 0; i < Batch; i++)
        {
            await writer.StartRowAsync();
            await writer.WriteAsync(Guid.Empty, NpgsqlDbType.Uuid);
            await writer.WriteAsync(Guid.Empty, NpgsqlDbType.Uuid);
            await writer.WriteAsync(Guid.CreateVersion7(), NpgsqlDbType.Uuid);
            await writer.WriteAsync(grants[((turn * GrantsPerBatch) + (i % GrantsPerBatch)) % grants.Length], NpgsqlDbType.Uuid);
            await writer.WriteAsync(100_000, NpgsqlDbType.Integer);
            await writer.WriteAsync(0L, NpgsqlDbType.Bigint);
            await writer.WriteAsync(0L, NpgsqlDbType.Bigint);
            var start = started.AddMilliseconds((turn * GrantsPerBatch / grants.Length * (Batch / GrantsPerBatch)) + (i / GrantsPerBatch));
            await writer.WriteAsync(start, NpgsqlDbType.TimestampTz);
            await writer.WriteAsync(start.AddMilliseconds(1), NpgsqlDbType.TimestampTz);
            await writer.WriteNullAsync();
            await writer.WriteNullAsync();
            await writer.WriteAsync(transfer, NpgsqlDbType.Uuid);
            await writer.WriteAsync(Guid.Empty, NpgsqlDbType.Uuid);
            await writer.WriteAsync("cl_benchmark", NpgsqlDbType.Text);
            await writer.WriteAsync(started, NpgsqlDbType.TimestampTz);
        }

        await writer.CompleteAsync();
    }
}
