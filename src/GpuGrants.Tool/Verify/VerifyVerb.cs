using System.CommandLine;
using GpuGrants.Api.Commands;

namespace GpuGrants.Tool.Verify;

/// <summary>The verb <c>verify</c> and its options.</summary>
internal static class VerifyVerb
{
    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object." };
    private static readonly Option<string?> Export = new("--export")
    {
        Description = "Also write the ledger into this new directory, to be verified without a database.",
    };
    private static readonly Option<string?> Offline = new("--offline")
    {
        Description = "Verify the export in this directory, without a database.",
    };
    private static readonly Option<string?> Archive = new("--archive")
    {
        Description = "The directory of an export that has the detached months.",
    };
    private static readonly Option<bool> Decisions = new("--decisions")
    {
        Description = "Also repeat every decision by rule from what it pinned.",
    };

    /// <param name="open">Finds or starts the database; not called when an export is verified.</param>
    public static Command Create(Func<ParseResult, Task<MigratedDatabase>> open)
    {
        var command = new Command("verify", "Recompute the ledger and the quota counters, and report what was checked.")
        {
            Json,
            Export,
            Offline,
            Archive,
            Decisions,
        };
        command.SetAction(
            async (result, _) =>
            {
                if (result.GetValue(Offline) is { } directory)
                    return await VerifyCommand.OfflineAsync(directory, result.GetValue(Json));
                await using var database = await open(result);
                return await VerifyCommand.VerifyAsync(database.ConnectionString, Options(result));
            }
        );
        return command;
    }

    private static VerifyOptions Options(ParseResult result) =>
        new(result.GetValue(Json), result.GetValue(Export), result.GetValue(Archive), result.GetValue(Decisions));
}
