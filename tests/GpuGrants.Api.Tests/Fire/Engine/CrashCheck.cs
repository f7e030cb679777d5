using GpuGrants.Api.Ledger.Archives;
using GpuGrants.Api.Quotas.Recounts;
using GpuGrants.Api.Usage;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>What must hold in a database whatever happened to it and to the service.</summary>
internal static class CrashCheck
{
    /// <summary>Each counts what is there in part only, or twice.</summary>
    private static readonly (string Wrong, string Sql)[] Wholeness =
    [
        (
            "keys without their request",
            "select count(*) from idempotency_keys k where decision_id is not null and not exists (select from decisions d where d.root_programme_id = k.root_programme_id and d.id = k.decision_id)"
        ),
        (
            "requests beside their keys",
            "select abs((select count(*) from requests) - (select count(*) from idempotency_keys where renderer = 'request-made/1'))"
        ),
        (
            "requests without a decision",
            "select count(*) from requests r where not exists (select from decisions d where d.request_id = r.id)"
        ),
        (
            "requests without an event",
            "select count(*) from requests r where not exists (select from events e where e.resource_id = r.id::text)"
        ),
        (
            "approved requests without exactly one grant",
            "select count(*) from requests r where (r.status = 'approved') <> ((select count(*) from grants g where "
                + "g.request_id = r.id) = 1)"
        ),
        (
            "requests in review without both holds",
            "select count(*) from requests r where status = 'in-review' and (select count(*) from holds h where "
                + "h.request_id = r.id and ended_by is null) <> 2"
        ),
        (
            "funds beside their keys",
            "select abs((select count(*) from transfers where reason = 'fund') - 1 - (select count(*) from idempotency_keys where location like '/v1/transfers/%'))"
        ),
    ];

    public static async Task<List<string>> RunAsync(string database)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database) { Pooling = false, CommandTimeout = 0 }.ConnectionString
        );
        await connection.OpenAsync();
        var findings = new List<string>();
        foreach (var (wrong, sql) in Wholeness)
            if (await CountAsync(connection, sql) is var count and not 0)
                findings.Add($"{count} {wrong}.");
        findings.AddRange(await CountAsync(connection));
        return findings;
    }

    /// <summary>What the verifiers of the ledger, of counters and of usage find.</summary>
    public static async Task<List<string>> CountAsync(NpgsqlConnection connection) =>
        [
            .. (await LedgerVerifier.VerifyAsync(connection)).SelectMany(report => report.Findings).Select(finding => finding.Message),
            .. (await CounterVerifier.VerifyAsync(connection)).Findings.Select(finding => finding.Message),
            .. (await UsageVerifier.VerifyAsync(connection)).Select(finding => finding.Message),
        ];

    /// <summary>What the ledger's verifier finds.</summary>
    public static async Task<List<string>> VerifyAsync(string database)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database) { Pooling = false, CommandTimeout = 0 }.ConnectionString
        );
        await connection.OpenAsync();
        return [.. (await LedgerVerifier.VerifyAsync(connection)).SelectMany(report => report.Findings).Select(finding => finding.Message)];
    }

    /// <summary>Every answered request is there exactly once, and nothing else is.</summary>
    public static async Task<List<string>> AnsweredAsync(string database, IReadOnlyCollection<CrashLoad.Asked> answered)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        var findings = new List<string>();
        foreach (
            var (table, ids) in (ReadOnlySpan<(string, Guid[])>)
                [
                    ("requests", [.. answered.Where(call => call.IsRequest).Select(call => call.Id)]),
                    (
                        "transfers where reason = 'fund' and note = 'A sponsor pays' and sequence > 1",
                        [.. answered.Where(call => !call.IsRequest).Select(call => call.Id)]
                    ),
                ]
        )
            findings.AddRange(Compare(connection, table, ids));
        return findings;
    }

    private static List<string> Compare(NpgsqlConnection connection, string table, Guid[] ids)
    {
        using var command = new NpgsqlCommand($"select id from {table}", connection);
        using var reader = command.ExecuteReader();
        var stored = new List<Guid>();
        while (reader.Read())
            stored.Add(reader.GetGuid(0));
        var findings = new List<string>();
        if (ids.Distinct().Count() != ids.Length)
            findings.Add($"Two keys were answered with one id of {table}.");
        findings.AddRange(ids.Except(stored).Select(id => $"{id} of {table} was acknowledged and is not there."));
        findings.AddRange(stored.Except(ids).Select(id => $"{id} of {table} is there and no key was answered with it."));
        return findings;
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
