using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Quotas.Simulations;
using GpuGrants.Benchmarks.Measuring;
using GpuGrants.Units;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>
/// A million past requests, stored as the service stores them, lived through under other policies, against the time PostgreSQL needs to
/// read them.
/// </summary>
internal static class SimulationBench
{
    private const int Requests = 1_000_000;
    private const int Organizations = 10_000;
    private static readonly DateTimeOffset First = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task<Dictionary<string, object>> RunAsync(BenchOptions options)
    {
        await using var server = await BenchServer.StartAsync();
        var database = await server.CreateAsync("simulation");
        await PlanAsync(database);
        await FillAsync(database);
        await BenchServer.ExecuteAsync(database, "analyze quota_facts");
        await BenchServer.ExecuteAsync(database, "analyze decisions");
        await server.CheckpointAsync();
        var ours = new List<double>();
        var reads = new List<double>();
        for (var round = 0; round < options.Rounds; round++)
        {
            reads.Add(await TimeAsync(() => ReadAsync(database)));
            ours.Add(await TimeAsync(() => SimulateAsync(database)));
        }

        var (own, read) = (BenchReport.Median(ours), BenchReport.Median(reads));
        BenchReport.Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"simulation of {Requests:N0} past requests: {own:0.0} s (target under 20 s: "
                    + $"{(own < 20 ? "met" : "missed")}); PostgreSQL reads them in {read:0.0} s; ratio {own / read:0.00}"
            )
        );
        return new()
        {
            ["requests"] = Requests,
            ["seconds"] = Math.Round(own, 2),
            ["read_seconds"] = Math.Round(read, 2),
            ["ratio"] = Math.Round(own / read, 2),
        };
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var began = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>The facts and what pins them, read and thrown away.</summary>
    private static async Task ReadAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(
            "select f.*, d.snapshot from quota_facts f join decisions d on d.root_programme_id = f.root_programme_id and "
                + "d.id = f.context_id where f.root_programme_id = $1 order by f.event_sequence, f.ordinal",
            connection
        )
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = ManyRules.Root } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            // What comes over the wire is what is measured.
        }
    }

    /// <summary>The service's own run, from the policies to the result's text.</summary>
    private static async Task SimulateAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync();
        var row = new QuotaSimulationRow
        {
            RootProgrammeId = ManyRules.Root,
            Id = IdOf(0),
            PolicyId = IdOf(1),
            Document = ManyRules.TenRulesDocument,
            FromAt = First,
            ToAt = At(Requests),
        };
        var result = JsonNode.Parse(await new SimulationRun(row, maxFlips: 1_000).RunAsync(connection, CancellationToken.None))!;
        var approved = result["simulated"]!["approved"]!.GetValue<int>();
        if (approved != Requests)
            throw new InvalidOperationException($"{approved} requests were approved, not all.");
    }

    private static async Task FillAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync();
        await using (
            var decisions = await connection.BeginBinaryImportAsync(
                "copy decisions (root_programme_id, id, request_id, verdict, decided_by, gpu_seconds, explanation, "
                    + "snapshot, actor_id, client_id, created_at) from stdin (format binary)"
            )
        )
        {
            for (var i = 0; i < Requests; i++)
                await WriteDecisionAsync(decisions, i);
            await decisions.CompleteAsync();
        }

        await using var facts = await connection.BeginBinaryImportAsync(
            "copy quota_facts (root_programme_id, event_sequence, ordinal, kind, context_id, at, counts_at, gpu_seconds, "
                + "credits, gpus, is_whole) from stdin (format binary)"
        );
        for (var i = 0; i < Requests; i++)
        {
            var at = At(i);
            QuotaFact[] happened =
            [
                QuotaFact.Requested(at),
                QuotaFact.RequestClosed(at, at),
                QuotaFact.Granted(at, at, GpuTime.FromSeconds(3_600), Credits.FromUnits(3_600_000), 1),
            ];
            foreach (var row in FactRows.ToRows(happened, ManyRules.Root, i + 1, 0, IdOf(i)))
                await WriteFactAsync(facts, row);
        }

        await facts.CompleteAsync();
    }

    /// <summary>The programme with a budget that suffices, and the policy that is tried.</summary>
    private static async Task PlanAsync(string database)
    {
        await BenchServer.ExecuteAsync(
            database,
            $"""
            insert into programmes (id, root_programme_id, path, name, budget_programme_id, time_zone, starts_at, review_hold_hours,
                max_grant_days, status, version, created_at, updated_at)
            values ('{ManyRules.Root}', '{ManyRules.Root}', array['{ManyRules.Root}'::uuid], 'Benchmark', '{ManyRules.Root}',
                'Asia/Seoul', '2025-01-01Z', 168, 30, 'active', 1, '2025-01-01Z', '2025-01-01Z');
            insert into quota_policies (root_programme_id, id, programme_id, name, version, created_by, created_at, updated_at)
            values ('{ManyRules.Root}', '{IdOf(1)}', '{ManyRules.Root}', 'Tried', 1, '{ManyRules.Root}', '2025-01-01Z', '2025-01-01Z');
            insert into accounts (root_programme_id, id, owner_id, created_at, floored, kind, unit) values ('{ManyRules.Root}', '{IdOf(
                2
            )}', '{ManyRules.Root}', '2025-01-01Z', true, 'budget', 'credit');
            insert into transfers (root_programme_id, id, debit_account_id, credit_account_id, sequence, amount, created_at,
                debit_debits_pending, debit_debits_posted, debit_credits_pending, debit_credits_posted, debit_version,
                credit_debits_pending, credit_debits_posted, credit_credits_pending, credit_credits_posted, credit_version, kind, unit,
                    reason)
            values ('{ManyRules.Root}', '{IdOf(3)}', '{IdOf(4)}', '{IdOf(2)}', 1, {Requests * 3_600_000L}, '2025-01-01Z', 0, {Requests
                * 3_600_000L}, 0, 0, 1, 0, 0, 0, {Requests * 3_600_000L}, 1, 'posted', 'credit', 'fund');
            """
        );
    }

    private static DateTimeOffset At(int i) => First.AddSeconds(i * 10.0);

    private static Guid IdOf(int i) => new(i, 9, 7, 8, 0, 0, 0, 0, 0, 0, 1);

    private static async Task WriteDecisionAsync(NpgsqlBinaryImporter writer, int i)
    {
        var snapshot = new DecisionSnapshot
        {
            Context = ManyRules.Context(i % Organizations, At(i)),
            Now = At(i),
            GpuSeconds = 3_600,
            Rate = 1_000,
            Gpus = 1,
            Policies = [new PinnedPolicy(ManyRules.Root, 1)],
            Overrides = [],
            Counters = [],
        };
        await writer.StartRowAsync();
        await writer.WriteAsync(ManyRules.Root, NpgsqlDbType.Uuid);
        await writer.WriteAsync(IdOf(i), NpgsqlDbType.Uuid);
        await writer.WriteAsync(IdOf(i), NpgsqlDbType.Uuid);
        await writer.WriteAsync("approved", NpgsqlDbType.Text);
        await writer.WriteAsync("rule", NpgsqlDbType.Text);
        await writer.WriteAsync(3_600L, NpgsqlDbType.Bigint);
        await writer.WriteAsync("{\"reasons\":[]}", NpgsqlDbType.Jsonb);
        await writer.WriteAsync(snapshot.ToBytes(), NpgsqlDbType.Bytea);
        await writer.WriteAsync(ManyRules.Root, NpgsqlDbType.Uuid);
        await writer.WriteAsync("cl_benchmark", NpgsqlDbType.Text);
        await writer.WriteAsync(At(i), NpgsqlDbType.TimestampTz);
    }

    private static async Task WriteFactAsync(NpgsqlBinaryImporter writer, QuotaFactRow row)
    {
        await writer.StartRowAsync();
        await writer.WriteAsync(row.RootProgrammeId, NpgsqlDbType.Uuid);
        await writer.WriteAsync(row.EventSequence, NpgsqlDbType.Bigint);
        await writer.WriteAsync(row.Ordinal, NpgsqlDbType.Integer);
        await writer.WriteAsync(row.Kind, NpgsqlDbType.Text);
        await writer.WriteAsync(row.PinnedBy, NpgsqlDbType.Uuid);
        await writer.WriteAsync(row.At, NpgsqlDbType.TimestampTz);
        await writer.WriteAsync(row.CountsAt, NpgsqlDbType.TimestampTz);
        await writer.WriteAsync(row.GpuSeconds, NpgsqlDbType.Bigint);
        await writer.WriteAsync(row.Credits, NpgsqlDbType.Bigint);
        await writer.WriteAsync(row.Gpus, NpgsqlDbType.Integer);
        await writer.WriteAsync(row.IsWhole, NpgsqlDbType.Boolean);
    }
}
