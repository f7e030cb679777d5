using GpuGrants.Benchmarks.Measuring;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>Decisions on a database with a million organizations and twenty million transfers, against the same on an empty one.</summary>
internal static class ScaleBench
{
    // The filled organizations' ids count upwards; those who ask are drawn from all of them.
    private static string OrganizationsSql(int count) =>
        $"""
            insert into organizations (id, kind, name, country, livemode, status, version, created_at, updated_at)
            select ('01900000-0000-7000-9000-' || lpad(to_hex(i), 12, '0'))::uuid, 'startup', 'Organization ' || i, 'KR', true, 'active',
                1, now(), now() from generate_series(1, {count}) i
            """;

    // A hundred other trees; each account has twenty transfers at about one time, as the accounts of grants have.
    private static string TransfersSql(long from, long to) =>
        $"""
            set synchronous_commit = off;
            insert into transfers (root_programme_id, id, debit_account_id, credit_account_id, sequence, amount, created_at, kind, unit,
                reason, client_id, actor_id, grant_id,
                debit_debits_pending, debit_debits_posted, debit_credits_pending, debit_credits_posted, debit_version,
                credit_debits_pending, credit_debits_posted, credit_credits_pending, credit_credits_posted, credit_version)
            select ('01900000-0000-7000-a000-' || lpad(to_hex(i % 100), 12, '0'))::uuid,
                (left(replace(ledger_first_id(date_trunc('month', now()) + i * interval '100 milliseconds')::text, '-', ''),
                    12) || '7' || lpad(to_hex(i), 19, '0'))::uuid,
                ('01900000-0000-7000-b000-' || lpad(to_hex(i / 2000 * 100 + i % 100), 12, '0'))::uuid,
                    ('01900000-0000-7000-b001-' || lpad(to_hex(i / 2000 * 100 + i % 100), 12, '0'))::uuid,
                i / 100 + 1, 1000, date_trunc('month', now()) + i * interval '100 milliseconds', 'posted', 'credit', 'award',
                'cl_benchmark', '01900000-0000-7000-b000-000000000001', '01900000-0000-7000-b000-000000000001',
                0, 1000, 0, 100000, i / 100 + 1, 0, 0, 0, 1000, i / 100 + 1
            from generate_series({from}::bigint, {to}::bigint) i
            """;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        await using var server = await BenchServer.StartAsync();
        await using var empty = await BenchStage.StartAsync(await server.CreateAsync("empty"), DecisionsBench.Organizations);
        await using var large = await BenchStage.StartAsync(await server.CreateAsync("large"), DecisionsBench.Organizations);
        BenchReport.Say(
            FormattableString.Invariant($"  filling: {options.Organizations:N0} organizations, {options.Transfers:N0} transfers …")
        );
        await FillAsync(server, large.Database, options);
        var onEmpty = DecisionsBench.Decider(empty, options.Clients);
        var random = new Random(1);
        var asking = Enumerable.Range(0, 1 << 20).Select(_ => Organization(random.Next(options.Organizations) + 1)).ToArray();
        var onLarge = DecisionsBench.Decider(large, options.Clients, asking);
        return await DecisionsBench.CompareAsync(
            options,
            server,
            "decisions on the large database",
            onLarge,
            "decisions on an empty database",
            onEmpty,
            target: 0.95
        );
    }

    private static Guid Organization(int number) => Guid.Parse($"01900000-0000-7000-9000-{number:x12}");

    private static async Task FillAsync(BenchServer server, string database, BenchOptions options)
    {
        const int chunk = 500_000;
        await BenchServer.ExecuteAsync(database, OrganizationsSql(options.Organizations));
        for (var from = 1L; from <= options.Transfers; from += chunk)
            await BenchServer.ExecuteAsync(database, TransfersSql(from, Math.Min(options.Transfers, from + chunk - 1)));
        foreach (var table in (string[])["organizations", "transfers"])
            await BenchServer.ExecuteAsync(database, $"vacuum analyze {table}");
        await server.CheckpointAsync();
    }
}
