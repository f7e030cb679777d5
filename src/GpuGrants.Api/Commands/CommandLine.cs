using System.CommandLine;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Commands;

/// <summary>Runs a verb and turns expected failures into one message and an exit status.</summary>
public static class CommandLine
{
    /// <summary>The configuration beside the program, overridden by environment variables.</summary>
    public static IConfiguration Configuration() =>
        new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true)
            .AddEnvironmentVariables()
            .Build();

    /// <summary>Runs the verb that <paramref name="args"/> names.</summary>
    /// <returns>The verb's status; 1 when the machine refuses something it needs; 2 when the configuration is invalid.</returns>
    public static async Task<int> RunAsync(string[] args, params IEnumerable<Command> verbs)
    {
        var root = new RootCommand("GpuGrants: small amounts of GPU time, decided in the answer to one call.");
        foreach (var verb in verbs)
            root.Subcommands.Add(verb);
        try
        {
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OptionsValidationException invalid)
        {
            foreach (var failure in invalid.Failures)
                Console.Error.WriteLine($"Configuration: {failure}");
            return 2;
        }
        // A taken port, a missing file, no PostgreSQL: the message says it all.
        catch (Exception failure) when (failure is InvalidOperationException or IOException or Npgsql.NpgsqlException)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
    }
}
