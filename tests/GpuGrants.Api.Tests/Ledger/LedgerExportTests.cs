using System.Globalization;
using System.Text.Json.Nodes;
using GpuGrants.Api.Ledger.Archives;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>An auditor takes the ledger home in files, and whatever is done to the files shows.</summary>
public sealed class LedgerExportTests : IDisposable
{
    private static readonly string[] Files = ["trees.jsonl", "accounts.jsonl", "holds.jsonl", "blocks.jsonl", "transfers.jsonl"];
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"gpugrants-export-{Guid.NewGuid():N}");

    [Fact]
    public async Task An_untouched_export_verifies_without_a_database_and_by_another_program()
    {
        var manifest = await ExportAsync();
        var report = await OfflineVerifier.VerifyAsync(_directory);
        Assert.Empty(Findings(report));
        Assert.Equal(manifest, report.ManifestSha256);
        var transfers = File.ReadLines(At("transfers.jsonl")).Count();
        Assert.True(transfers > 5);
        // The last rows were not sealed yet: the export sealed them.
        Assert.Equal((transfers, transfers), (report.Trees.Sum(tree => tree.Transfers), report.Trees.Sum(tree => tree.Sealed)));
        Assert.Equal(
            (File.ReadLines(At("blocks.jsonl")).Count(), 0),
            (IndependentAuditor.Check(_directory).Blocks, IndependentAuditor.Check(_directory).Wrong.Count)
        );
    }

    [Fact]
    public async Task Every_value_of_every_transfer_that_is_edited_is_found_by_this_program_and_by_another()
    {
        await ExportAsync();
        var lines = await File.ReadAllLinesAsync(At("transfers.jsonl"));
        for (var place = 0; place < lines.Length; place++)
        {
            var edited = JsonNode.Parse(lines[place])!.AsObject();
            var names = edited.Where(pair => pair.Value is not null).Select(pair => pair.Key).ToList();
            var name = names[place % names.Count];
            edited[name] = Edit(edited[name]!);
            await File.WriteAllLinesAsync(At("transfers.jsonl"), lines.Select((line, i) => i == place ? edited.ToJsonString() : line));
            var id = Guid.Parse(JsonNode.Parse(lines[place])!["id"]!.GetValue<string>());
            var sequence = JsonNode.Parse(lines[place])!["sequence"]!.GetValue<long>();
            var findings = Findings(await OfflineVerifier.VerifyAsync(_directory));
            Assert.Contains(
                findings,
                one => one.Code == FindingCodes.FileChanged && one.Message.StartsWith("transfers.jsonl", StringComparison.Ordinal)
            );
            Assert.True(
                findings.Exists(one =>
                    one.TransferId == id
                    || one.Sequence == sequence
                    || one.Message.StartsWith($"transfers.jsonl, line {place + 1}:", StringComparison.Ordinal)
                ),
                $"{name} of line {place + 1}: {string.Join('\n', findings)}"
            );
        }
    }

    [Fact]
    public async Task A_line_taken_out_of_any_file_or_put_in_is_found_and_named()
    {
        await ExportAsync();
        foreach (var name in Files)
        {
            var lines = await File.ReadAllLinesAsync(At(name));
            Assert.NotEmpty(lines);
            foreach (var changed in (string[][])[lines[1..], lines[..^1], [.. lines, lines[0]]])
            {
                await File.WriteAllLinesAsync(At(name), changed);
                var findings = Findings(await OfflineVerifier.VerifyAsync(_directory));
                Assert.Contains(
                    findings,
                    one => one.Code == FindingCodes.FileChanged && one.Message.StartsWith(name, StringComparison.Ordinal)
                );
                Assert.True(findings.Count > 1 || name == "trees.jsonl", $"{name}: {string.Join('\n', findings)}");
            }

            await File.WriteAllLinesAsync(At(name), lines);
        }

        Assert.Empty(Findings(await OfflineVerifier.VerifyAsync(_directory)));
    }

    [Fact]
    public async Task A_transfer_taken_out_or_put_in_is_named_by_its_number()
    {
        await ExportAsync();
        var lines = await File.ReadAllLinesAsync(At("transfers.jsonl"));
        var sequence = JsonNode.Parse(lines[2])!["sequence"]!.GetValue<long>();
        await File.WriteAllLinesAsync(At("transfers.jsonl"), [.. lines[..2], .. lines[3..]]);
        Assert.Contains(
            Findings(await OfflineVerifier.VerifyAsync(_directory)),
            one => one.Code == FindingCodes.TransferMissing && one.Sequence == sequence
        );
        var inserted = JsonNode.Parse(lines[2])!.AsObject();
        inserted["id"] = "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d";
        await File.WriteAllLinesAsync(At("transfers.jsonl"), [.. lines[..2], inserted.ToJsonString(), .. lines[2..]]);
        var finding = Assert.Single(Findings(await OfflineVerifier.VerifyAsync(_directory)), one => one.Code != FindingCodes.FileChanged);
        Assert.Equal(
            (FindingCodes.TransferInserted, Guid.Parse("0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d")),
            (finding.Code, finding.TransferId!.Value)
        );
    }

    [Fact]
    public async Task A_line_that_cannot_be_read_is_named_by_file_and_number()
    {
        await ExportAsync();
        var lines = await File.ReadAllLinesAsync(At("accounts.jsonl"));
        lines[1] = lines[1][..^4];
        await File.WriteAllLinesAsync(At("accounts.jsonl"), lines);
        Assert.Contains(
            Findings(await OfflineVerifier.VerifyAsync(_directory)),
            one => one.Code == FindingCodes.LineUnreadable && one.Message.StartsWith("accounts.jsonl, line 2:", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task An_export_is_never_written_over_files()
    {
        Directory.CreateDirectory(_directory);
        await File.WriteAllTextAsync(At("notes.txt"), "mine");
        await Assert.ThrowsAsync<InvalidOperationException>(ExportAsync);
        Assert.Equal("mine", await File.ReadAllTextAsync(At("notes.txt")));
    }

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    private static JsonNode Edit(JsonNode value) =>
        value.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.Number => value.GetValue<long>() + 1,
            _ when Guid.TryParse(value.GetValue<string>(), out _) => "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d",
            _ when DateTimeOffset.TryParse(value.GetValue<string>(), CultureInfo.InvariantCulture, out var at) => at
                .UtcDateTime.AddMinutes(1)
                .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            _ => value.GetValue<string>() + "x",
        };

    private static List<Finding> Findings(OfflineReport report) => [.. report.Files, .. report.Trees.SelectMany(tree => tree.Findings)];

    private string At(string name) => Path.Combine(_directory, name);

    /// <summary>A ledger with grants, an open hold and rows that are not sealed yet, exported.</summary>
    private async Task<string> ExportAsync()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        foreach (var hours in (int[])[5, 20])
            await scene.Startup.Ask(scene.Programme, hours);
        await world.SealAsync();
        await scene.Startup.Ask(scene.Programme, 2);
        await world.Fund(scene.Programme, 3);
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        return await LedgerExport.WriteAsync(connection, _directory, world.Now);
    }
}
