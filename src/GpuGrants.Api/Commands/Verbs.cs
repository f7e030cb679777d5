using System.CommandLine;
using GpuGrants.Api.Commands.Demo;
using GpuGrants.Api.Commands.Replay;

namespace GpuGrants.Api.Commands;

/// <summary>The command line: one verb each.</summary>
internal static class Verbs
{
    public static IEnumerable<Command> All(IConfiguration configuration) =>
        [Serve(configuration), Migrate(configuration), Demo(configuration), Verify(configuration), Health(), ReplayVerb.Create()];

    private static Option<string> DataDirectory() =>
        new("--data")
        {
            Description = "Where a private PostgreSQL keeps its data when no database is configured.",
            DefaultValueFactory = _ =>
                Path.Combine(
                    Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } home
                        ? home
                        : Path.GetTempPath(),
                    "gpugrants",
                    "postgres"
                ),
        };

    private static Command Serve(IConfiguration configuration)
    {
        var bootstrap = new Option<bool>("--bootstrap-admin")
        {
            Description = "Make the first platform administrator and show its client once.",
        };
        var subject = new Option<string?>("--subject")
        {
            Description = "With --bootstrap-admin and Access:ExternalIssuer: the sub of the first administrator's tokens.",
        };
        var data = DataDirectory();
        var command = new Command("serve", "Run the service on the configured or a private database.") { bootstrap, subject, data };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(
            (result, _) =>
                ServeCommand.RunAsync(
                    [.. result.UnmatchedTokens],
                    configuration,
                    result.GetValue(bootstrap),
                    result.GetValue(subject),
                    result.GetValue(data)!
                )
        );
        return command;
    }

    private static Command Migrate(IConfiguration configuration)
    {
        var data = DataDirectory();
        var command = new Command("migrate", "Bring the database's schema up to date, then stop.") { data };
        command.SetAction(
            async (result, _) =>
            {
                await using var runtime = await Runtime.StartAsync(configuration, result.GetValue(data));
                Console.WriteLine($"The schema is up to date: {runtime.Description}");
                return 0;
            }
        );
        return command;
    }

    private static Command Demo(IConfiguration configuration)
    {
        var once = new Option<bool>("--once") { Description = "End after the walk." };
        var port = new Option<int>("--port") { Description = "The port to listen on; 0 for a free one.", DefaultValueFactory = _ => 0 };
        var command = new Command("demo", "Start everything, load a small catalogue and walk through the main job.") { once, port };
        command.SetAction((result, _) => DemoCommand.RunAsync(configuration, result.GetValue(once), result.GetValue(port)));
        return command;
    }

    private static Command Verify(IConfiguration configuration)
    {
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var export = new Option<string?>("--export")
        {
            Description = "Also write the ledger into this new directory, to be verified without a database.",
        };
        var offline = new Option<string?>("--offline") { Description = "Verify the export in this directory, without a database." };
        var archive = new Option<string?>("--archive") { Description = "An export's directory that has the months which were detached." };
        var decisions = new Option<bool>("--decisions")
        {
            Description = "Also take every decision of the rules again from what it pinned.",
        };
        var data = DataDirectory();
        var command = new Command("verify", "Recompute the ledger from its transfers and say what was checked.")
        {
            json,
            export,
            offline,
            archive,
            decisions,
            data,
        };
        command.SetAction(
            (result, _) =>
                result.GetValue(offline) is { } directory
                    ? VerifyCommand.OfflineAsync(directory, result.GetValue(json))
                    : VerifyCommand.RunAsync(
                        configuration,
                        result.GetValue(data)!,
                        new VerifyOptions(
                            result.GetValue(json),
                            result.GetValue(export),
                            result.GetValue(archive),
                            result.GetValue(decisions)
                        )
                    )
        );
        return command;
    }

    /// <summary>For containers, whose images have no curl.</summary>
    private static Command Health()
    {
        var url = new Argument<Uri>("url") { Description = "The address to ask." };
        var command = new Command("health", "Ask a service whether it is well: status 0 when it is.") { url };
        command.SetAction(
            async (result, cancellation) =>
            {
                using var http = new HttpClient();
                try
                {
                    using var response = await http.GetAsync(result.GetValue(url), cancellation);
                    return response.IsSuccessStatusCode ? 0 : 1;
                }
                catch (HttpRequestException)
                {
                    return 1;
                }
            }
        );
        return command;
    }
}
