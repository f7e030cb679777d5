using System.CommandLine;
using GpuGrants.Api.Commands;
using Microsoft.Extensions.Options;

var configuration = new ConfigurationBuilder()
    .SetBasePath(AppContext.BaseDirectory)
    .AddJsonFile("appsettings.json", optional: true)
    .AddEnvironmentVariables()
    .Build();

var root = new RootCommand("GpuGrants: small amounts of GPU time, decided in the answer to one call.");
foreach (var verb in Verbs.All(configuration))
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
