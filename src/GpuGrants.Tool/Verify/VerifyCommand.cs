using System.Text.Json;
using GpuGrants.Api.Json;
using GpuGrants.Api.Ledger.Archives;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Quotas.Recounts;
using GpuGrants.Api.Requests.Replays;
using GpuGrants.Api.Usage;
using Npgsql;

namespace GpuGrants.Tool.Verify;

/// <summary>What <c>verify</c> is asked to do.</summary>
/// <param name="Json">One JSON object instead of sentences.</param>
/// <param name="Export">A directory to write an export into; null for none.</param>
/// <param name="Archive">An export's directory that has the months which were detached; null when none was.</param>
/// <param name="Decisions">Whether decisions are taken again, too.</param>
internal sealed record VerifyOptions(bool Json = false, string? Export = null, string? Archive = null, bool Decisions = false);

/// <summary>Recomputes the ledger from its transfers and quota counters from their facts, and says what was checked.</summary>
internal static class VerifyCommand
{
    private const string Checks =
        "numbers without gaps, counters after every transfer, floors, one end per hold, corrections, sums of zero per unit, "
        + "stored balances, hash chain";

    /// <summary>Verifies and reports; 0 when all is well, 3 when something was found.</summary>
    public static async Task<int> VerifyAsync(string connectionString, VerifyOptions options)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        var manifest = options.Export is { } directory
            ? await LedgerExport.WriteAsync(connection, directory, TimeProvider.System.GetUtcNow())
            : null;
        var reports = await LedgerVerifier.VerifyAsync(connection, options.Archive);
        var counters = await CounterVerifier.VerifyAsync(connection);
        var usage = await UsageVerifier.VerifyAsync(connection);
        var promises = await PromiseVerifier.VerifyAsync(connection);
        var (decisions, differing) = options.Decisions ? await DecisionVerifier.VerifyAsync(connection) : (0, []);
        List<Finding> findings =
        [
            .. reports.SelectMany(report => report.Findings),
            .. counters.Findings,
            .. usage,
            .. promises.Findings,
            .. differing,
        ];
        var found = reports.Sum(report => report.Found) + counters.Found + usage.Count + promises.Findings.Count + differing.Count;
        if (options.Json)
        {
            PrintJson(
                new
                {
                    ok = found == 0,
                    trees = reports.Count,
                    transfers = Transfers(reports),
                    countedSubjects = counters.Subjects,
                    datedOffers = promises.Offers,
                    unprovedOffers = promises.Unproved,
                    decisions,
                    found,
                    export = options.Export,
                    manifestSha256 = manifest,
                    findings,
                }
            );
            return Status(found);
        }

        if (manifest is not null)
            Terminal.Write(
                $"Exported to {options.Export}. The SHA-256 of {LedgerFiles.Manifest} is {manifest}. "
                    + "Keep it elsewhere, and nobody can change the export unseen."
            );
        Print(reports);
        Terminal.Write(
            $"Checked: {Checks}, grants, usage.{(options.Archive is null ? "" : $" Detached months were read from {options.Archive}.")}"
        );
        Terminal.Write($"Recounted the quota counters of {counters.Subjects:N0} subjects from the facts.");
        if (promises.Offers > 0)
            Terminal.Write(
                $"Looked for a schedule that serves all promises of {promises.Offers:N0} offers with dated tranches."
                    + (promises.Unproved > 0 ? $" {promises.Unproved:N0} of them have too many promises to tell." : "")
            );
        if (options.Decisions)
            Terminal.Write($"Took {decisions:N0} decisions again.");
        Print(findings, found);
        return Status(found);
    }

    /// <summary>Verifies an export, without a database.</summary>
    public static async Task<int> OfflineAsync(string directory, bool json)
    {
        var report = await OfflineVerifier.VerifyAsync(directory);
        List<Finding> findings = [.. report.Files, .. report.Trees.SelectMany(tree => tree.Findings)];
        var found = report.Files.Count + report.Trees.Sum(tree => tree.Found);
        if (json)
        {
            PrintJson(
                new
                {
                    ok = found == 0,
                    trees = report.Trees.Count,
                    transfers = Transfers(report.Trees),
                    found,
                    exportedAt = report.ExportedAt,
                    manifestSha256 = report.ManifestSha256,
                    findings,
                }
            );
            return Status(found);
        }

        Terminal.Write(
            $"An export of {(report.ExportedAt is { } at ? UtcMoments.Text(at) : "no known time")}. "
                + $"The SHA-256 of {LedgerFiles.Manifest} is {report.ManifestSha256}. Compare it with the one that was kept."
        );
        Print(report.Trees);
        Terminal.Write($"Checked: the files' hashes, {Checks}. An export has no grants and no decisions.");
        Print(findings, found);
        return Status(found);
    }

    private static int Status(long found) => found == 0 ? 0 : 3;

    private static long Transfers(IReadOnlyList<AuditReport> reports) => reports.Sum(one => one.Transfers);

    private static void PrintJson<TReport>(TReport report)
        where TReport : class => Console.WriteLine(JsonSerializer.Serialize(report, ApiJson.Options));

    private static void Print(IReadOnlyList<AuditReport> reports) =>
        Terminal.Write(
            $"Verified {reports.Count} trees: {Transfers(reports):N0} transfers, {reports.Sum(one => one.Accounts):N0} accounts, "
                + $"{reports.Sum(one => one.OpenHolds):N0} open holds, {reports.Sum(one => one.Blocks):N0} sealed blocks "
                + $"({reports.Sum(one => one.Sealed):N0} transfers)."
        );

    private static void Print(List<Finding> findings, long found)
    {
        foreach (var finding in findings)
            Terminal.Write($"{finding.Code}: {finding.Message}", indent: 2);
        Console.WriteLine(
            found == 0
                ? "Nothing is wrong."
                : $"{found} findings{(found > findings.Count ? $", of which {findings.Count} are shown" : "")}."
        );
    }
}
