using System.CommandLine;

namespace GpuGrants.Api.Commands;

/// <summary>The command line: one verb each.</summary>
internal static class Verbs
{
    public static IEnumerable<Command> All(IConfiguration configuration) =>
    [
        Serve(configuration),
        Migrate(configuration),
    ];

    private static Option<string> DataDirectory() => new("--data")
    {
        Description = "Where a private PostgreSQL keeps its data when no database is configured.",
        DefaultValueFactory = _ => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } home ? home : Path.GetTempPath(), "gpugrants", "postgres"),
    };

    private static Command Serve(IConfiguration configuration)
    {
        var bootstrap = new Option<bool>("--bootstrap-admin") { Description = "Make the first platform administrator and show its client once." };
        var data = DataDirectory();
        var command = new Command("serve", "Run the service on the configured or a private database.") { bootstrap, data };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((result, _) => ServeCommand.RunAsync([.. result.UnmatchedTokens], configuration, result.GetValue(bootstrap), result.GetValue(data)!));
        return command;
    }

    private static Command Migrate(IConfiguration configuration)
    {
        var data = DataDirectory();
        var command = new Command("migrate", "Bring the database's schema up to date, then stop.") { data };
        command.SetAction(async (result, _) =>
        {
            await using var runtime = await Runtime.StartAsync(configuration, result.GetValue(data));
            Console.WriteLine($"The schema is up to date: {runtime.Description}");
            return 0;
        });
        return command;
    }
}
