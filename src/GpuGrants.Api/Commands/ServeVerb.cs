using System.CommandLine;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Commands;

/// <summary>The verb <c>serve</c>: runs the service until a signal stops it.</summary>
public static class ServeVerb
{
    private const string NoneMade = "There is an administrator already; none was made.";

    private static readonly Option<bool> BootstrapAdmin = new("--bootstrap-admin")
    {
        Description = "Make the first platform administrator, with its client's secret in a file.",
    };

    private static readonly Option<string> File = new("--secret-file")
    {
        Description = "With --bootstrap-admin: the new file for the secret, which nobody else may read.",
        DefaultValueFactory = _ => "first-administrator.json",
    };

    private static readonly Option<string?> Subject = new("--subject")
    {
        Description = "With --bootstrap-admin and Access:ExternalIssuer: the sub of the first administrator's tokens.",
    };

    /// <param name="open">Finds or starts the database.</param>
    /// <param name="clockOf">The service's clock; the machine's when null.</param>
    public static Command Create(Func<ParseResult, Task<MigratedDatabase>> open, Func<ParseResult, TimeProvider>? clockOf = null)
    {
        // What the verb does not know is configuration, such as --urls or --Access:PublicUrl.
        var command = new Command("serve", "Run the service.") { BootstrapAdmin, Subject, File };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(
            async (result, _) =>
            {
                await using var database = await open(result);
                await using var app = Service.Build(
                    [.. result.UnmatchedTokens],
                    database.ConnectionString,
                    builder => builder.Services.AddSingleton(clockOf?.Invoke(result) ?? TimeProvider.System)
                );
                if (
                    result.GetValue(BootstrapAdmin) && !await BootstrapAsync(app.Services, result.GetValue(Subject), result.GetValue(File)!)
                )
                    return 2;
                Console.WriteLine($"Data: {database.Description}");
                await app.RunAsync();
                return 0;
            }
        );
        return command;
    }

    /// <summary>False when the command line does not fit the configuration.</summary>
    private static async Task<bool> BootstrapAsync(IServiceProvider services, string? subject, string file)
    {
        var database = services.GetRequiredService<NpgsqlDataSource>();
        var clock = services.GetRequiredService<TimeProvider>();
        var issuer = services.GetRequiredService<IOptions<AccessOptions>>().Value.ExternalIssuer;
        if (issuer is null != subject is null)
        {
            Console.Error.WriteLine(
                issuer is null
                    ? "--subject needs Access:ExternalIssuer. Without it the embedded token server issues the tokens, so leave --subject out."
                    : $"Tokens come from {issuer} (Access:ExternalIssuer). Say who the first administrator is: "
                        + "--bootstrap-admin --subject SUB, with the sub of their tokens."
            );
            return false;
        }

        if (issuer is null)
            Console.WriteLine(await MakeAsync(database, clock, file));
        else
            Console.WriteLine(
                await Bootstrap.CreateAdministratorAsync(database, clock, issuer, subject!)
                    ? $"First administrator: {subject} of {issuer}"
                    : NoneMade
            );
        return true;
    }

    /// <summary>Makes the first administrator, whose secret is shown nowhere: what a service prints is kept in logs.</summary>
    private static async Task<string> MakeAsync(NpgsqlDataSource database, TimeProvider clock, string file)
    {
        if (await Bootstrap.ExistsAsync(database))
            return NoneMade;
        // Before the administrator: a secret that cannot be written would be lost.
        await using var secret = SecretFile.Create(file);
        if (await Bootstrap.CreateAdministratorAsync(database, clock) is not { } made)
            return NoneMade;
        await secret.WriteAsync(made.ClientId, made.Secret);
        return $"First administrator: {made.ClientId}\n  The secret is in {secret.Path}. Read it, then delete the file.";
    }
}
