using GpuGrants.Api.Access;
using Npgsql;

namespace GpuGrants.Api.Commands;

/// <summary>Runs the service until it is told to stop.</summary>
internal static class ServeCommand
{
    public static async Task<int> RunAsync(string[] args, IConfiguration configuration, bool bootstrap, string dataDirectory)
    {
        await using var runtime = await Runtime.StartAsync(configuration, dataDirectory);
        await using var app = runtime.Build(args);
        if (bootstrap)
        {
            var made = await Bootstrap.CreateAdministratorAsync(app.Services.GetRequiredService<NpgsqlDataSource>(), TimeProvider.System);
            Console.WriteLine(made is { } client
                ? $"First administrator, shown once:\n  client_id     {client.ClientId}\n  client_secret {client.Secret}"
                : "There is an administrator already; none was made.");
        }

        Console.WriteLine($"Data: {runtime.Description}");
        await app.RunAsync();
        return 0;
    }
}
