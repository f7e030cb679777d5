using GpuGrants.Api.Access;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Commands;

/// <summary>Runs the service until it is told to stop.</summary>
internal static class ServeCommand
{
    public static async Task<int> RunAsync(
        string[] args,
        IConfiguration configuration,
        bool bootstrap,
        string? subject,
        string dataDirectory
    )
    {
        await using var runtime = await Runtime.StartAsync(configuration, dataDirectory);
        await using var app = runtime.Build(args);
        if (bootstrap && !await BootstrapAsync(app.Services, subject))
            return 2;
        Console.WriteLine($"Data: {runtime.Description}");
        await app.RunAsync();
        return 0;
    }

    /// <summary>False when the command line does not fit the configuration.</summary>
    private static async Task<bool> BootstrapAsync(IServiceProvider services, string? subject)
    {
        var database = services.GetRequiredService<NpgsqlDataSource>();
        var issuer = services.GetRequiredService<IOptions<AccessOptions>>().Value.ExternalIssuer;
        if (issuer is null != subject is null)
        {
            Console.Error.WriteLine(
                issuer is null
                    ? "--subject needs Access:ExternalIssuer. Without it the embedded token server makes the tokens: leave --subject out."
                    : $"Tokens come from {issuer} (Access:ExternalIssuer). Say who the first administrator is: --bootstrap-admin --subject SUB, with the sub of their tokens."
            );
            return false;
        }

        if (issuer is null)
            Console.WriteLine(Text(await Bootstrap.CreateAdministratorAsync(database, TimeProvider.System)));
        else
            Console.WriteLine(
                await Bootstrap.CreateAdministratorAsync(database, TimeProvider.System, issuer, subject!)
                    ? $"First administrator: {subject} of {issuer}"
                    : NoneMade
            );
        return true;
    }

    private const string NoneMade = "There is an administrator already; none was made.";

    private static string Text((string ClientId, string Secret)? made) =>
        made is { } client
            ? $"First administrator, shown once:\n  client_id     {client.ClientId}\n  client_secret {client.Secret}"
            : NoneMade;
}
