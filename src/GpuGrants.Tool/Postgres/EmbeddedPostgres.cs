using DotNet.Testcontainers.Builders;
using Testcontainers.PostgreSql;

namespace GpuGrants.Tool.Postgres;

/// <summary>
/// A PostgreSQL to run on when no connection string is given: Docker if an engine answers, else a private cluster from installed binaries.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    public const string Image = "postgres:17";

    private readonly IAsyncDisposable _server;

    private EmbeddedPostgres(IAsyncDisposable server, string connectionString, string description)
    {
        _server = server;
        ConnectionString = connectionString;
        Description = description;
    }

    /// <summary>As the owner.</summary>
    public string ConnectionString { get; }

    /// <summary>What runs, for people.</summary>
    public string Description { get; }

    /// <summary>Starts it.</summary>
    /// <param name="directory">Where a private cluster keeps its data; null for one that is deleted in the end.</param>
    /// <param name="settings">Server settings, such as <c>max_connections=300</c>.</param>
    /// <exception cref="InvalidOperationException">Neither way is open; the message names the three ways out.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(string? directory, params string[] settings)
    {
        if (await TryContainerAsync(settings) is { } container)
            return container;
        if (LocalCluster.FindBinaries() is null)
        {
            throw new InvalidOperationException(
                "There is no PostgreSQL to run on. Do one of these: set Database__ConnectionString to a PostgreSQL 15 or later; "
                    + "start Docker; or install PostgreSQL (Debian: apt-get install postgresql; macOS: brew install postgresql@17)."
            );
        }

        var cluster = await LocalCluster.StartAsync(
            directory ?? Path.Combine(Path.GetTempPath(), $"gpugrants-pg-{Guid.NewGuid():N}"),
            directory is null,
            settings
        );
        return new EmbeddedPostgres(cluster, cluster.ConnectionString, $"PostgreSQL on port {cluster.Port}, data in {cluster.Directory}");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static bool IsDockerThere() =>
        Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 }
        || File.Exists("/var/run/docker.sock")
        || OperatingSystem.IsWindows();

    /// <summary>Null when no engine answers.</summary>
    private static async Task<EmbeddedPostgres?> TryContainerAsync(string[] settings)
    {
        if (!IsDockerThere())
            return null;
        try
        {
            var container = new PostgreSqlBuilder(Image)
                .WithCommand([.. settings.SelectMany(setting => (string[])["-c", setting])])
                .Build();
            await container.StartAsync();
            return new EmbeddedPostgres(container, container.GetConnectionString(), $"{Image} in Docker");
        }
        catch (DockerUnavailableException)
        {
            return null;
        }
    }
}
