using System.CommandLine;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Hosting;
using GpuGrants.Api.Http.Idempotency;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Commands;

/// <summary>The verb <c>serve</c>: runs the service until a signal stops it.</summary>
public static class ServeVerb
{
    private const string NoneMade = "There is an administrator already; none was made.";

    private static readonly Option<bool> BootstrapAdmin = new("--bootstrap-admin")
    {
        Description = "Make the first platform administrator and show its client once.",
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
        var command = new Command("serve", "Run the service.") { BootstrapAdmin, Subject };
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
                if (result.GetValue(BootstrapAdmin) && !await BootstrapAsync(app.Services, result.GetValue(Subject)))
                    return 2;
                Console.WriteLine($"Data: {database.Description}");
                await app.RunAsync();
                return 0;
            }
        );
        return command;
    }

    /// <summary>False when the command line does not fit the configuration.</summary>
    private static async Task<bool> BootstrapAsync(IServiceProvider services, string? subject)
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
            Console.WriteLine(Text(await Bootstrap.CreateAdministratorAsync(database, clock)));
        else
            Console.WriteLine(
                await Bootstrap.CreateAdministratorAsync(database, clock, issuer, subject!)
                    ? $"First administrator: {subject} of {issuer}"
                    : NoneMade
            );
        return true;
    }

    private static string Text((string ClientId, string Secret)? made) =>
        made is { } client
            ? $"First administrator, shown once:\n  client_id     {client.ClientId}\n  client_secret {client.Secret}"
            : NoneMade;
}
