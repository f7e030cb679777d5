using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Hosting;
using GpuGrants.Client;
using GpuGrants.Tool.Postgres;
using GpuGrants.Tool.Verify;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace GpuGrants.Tool.Demo;

/// <summary>Starts everything, loads a small catalogue, walks through the main job, and leaves the service running.</summary>
internal static class DemoCommand
{
    public static async Task<int> RunAsync(IConfiguration configuration, bool once, int port)
    {
        await using var database = await PrivateDatabase.OpenAsync(configuration, directory: null);
        Console.WriteLine($"PostgreSQL: {database.Description}");
        var address = new Uri($"http://127.0.0.1:{(port == 0 ? LoopbackPort.Take() : port)}/");
        var mail = Directory.CreateTempSubdirectory("gpugrants-mail-").FullName;
        await using var app = Service.Build(
            [
                "--urls",
                address.ToString(),
                $"--Access:PublicUrl={address}",
                $"--Mail:Folder={mail}",
                "--Logging:LogLevel:Default=Warning",
                "--Logging:LogLevel:GpuGrants.Api.Access.KeyRing=Error",
            ],
            database.ConnectionString
        );
        await app.StartAsync();
        Console.WriteLine(
            $"Service:    {app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()}"
        );
        Console.WriteLine($"Mail:       {mail}");
        if (
            await Bootstrap.CreateAdministratorAsync(app.Services.GetRequiredService<NpgsqlDataSource>(), TimeProvider.System)
            is not { } made
        )
        {
            Console.Error.WriteLine("The configured database is in use already: the demo needs an empty one.");
            return 1;
        }

        using var admin = new GpuGrantsClient(address, new ClientCredentials(made.ClientId, made.Secret));
        var catalogue = new DemoCatalogue(address, admin);
        await catalogue.LoadAsync();
        Console.WriteLine("Catalogue:  5 GPU models, 3 providers, 6 offers, 2 nested programmes, 3 quota policies, 5 organizations");
        await new DemoWalk(address, admin, catalogue, new DemoNewcomer(address, mail)).RunAsync();
        if (await VerifyAsync(database.ConnectionString) is not 0 and var status)
            return status;
        if (once)
        {
            await app.StopAsync();
            return 0;
        }

        Invite(address, made, catalogue.Organizations["Hangang Robotics"].Client, catalogue.National);
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static async Task<int> VerifyAsync(string connectionString)
    {
        Console.WriteLine();
        return await VerifyCommand.VerifyAsync(connectionString, new VerifyOptions());
    }

    private static void Invite(Uri address, (string ClientId, string Secret) administrator, ClientCredentials startup, Guid programme)
    {
        Console.WriteLine(
            $"""

            The service runs until you press Ctrl+C; its data goes with it.
              API page       {address}docs
              administrator  {administrator.ClientId}  {administrator.Secret}
              startup        {startup.Id}  {startup.Secret}

            TOKEN=$(curl -s {address}oauth/token -d grant_type=client_credentials \
              -d client_id={startup.Id} -d client_secret={startup.Secret} \
              | sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p')
            curl -s {address}v1/requests -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
              -H "Idempotency-Key: $RANDOM" \
              -d '{"{"}"programmeId":"{programme}","gpuHours":2,"purpose":"Try it out"{"}"}'
            curl -s {address}v1/grants -H "Authorization: Bearer $TOKEN"

            A newcomer's three calls: docs/examples/sign-up.sh {address}
            """
        );
    }
}
