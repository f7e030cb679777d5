using System.Text.Json;
using GpuGrants.Api.Http;
using GpuGrants.Api.Ledger;
using GpuGrants.Ledger;
using Npgsql;

namespace GpuGrants.Api.Commands;

/// <summary>Recomputes the ledger from its transfers and says what was checked.</summary>
internal static class VerifyCommand
{
    public static async Task<int> RunAsync(IConfiguration configuration, string dataDirectory, bool json)
    {
        await using var runtime = await Runtime.StartAsync(configuration, dataDirectory);
        return await VerifyAsync(runtime.ConnectionString, json);
    }

    /// <summary>Verifies and reports; 0 when all is well, 3 when something was found.</summary>
    public static async Task<int> VerifyAsync(string connectionString, bool json)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        var reports = await LedgerVerifier.VerifyAsync(connection);
        var findings = reports.SelectMany(report => report.Findings).ToList();
        if (json) Console.WriteLine(JsonSerializer.Serialize(new { ok = findings.Count == 0, trees = reports.Count, transfers = reports.Sum(one => one.Transfers), findings }, ApiJson.Options));
        else Print(reports, findings);
        return findings.Count == 0 ? 0 : 3;
    }

    private static void Print(IReadOnlyList<AuditReport> reports, List<Finding> findings)
    {
        Console.WriteLine($"Checked {reports.Count} trees: {reports.Sum(one => one.Transfers):N0} transfers, {reports.Sum(one => one.Accounts):N0} accounts, {reports.Sum(one => one.OpenHolds):N0} open holds, {reports.Sum(one => one.Blocks):N0} sealed blocks ({reports.Sum(one => one.Sealed):N0} transfers).");
        Console.WriteLine("Numbers without gaps, counters after every transfer, floors, one end a hold, corrections, sums of zero per unit, stored balances, grants, hash chain.");
        foreach (var finding in findings) Console.WriteLine($"  {finding.Code}: {finding.Message}");
        Console.WriteLine(findings.Count == 0 ? "Nothing is wrong." : $"{findings.Count} findings.");
    }
}
