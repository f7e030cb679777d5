using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Commands;
using GpuGrants.Api.Hosting;
using GpuGrants.Client;
using GpuGrants.Tool.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Tool.Replay;

/// <summary>
/// The service that a trace is replayed against: one that is started for it, with a clock of its own, or one that runs already.
/// </summary>
internal sealed class ReplayTarget : IAsyncDisposable
{
    private readonly SocketsHttpHandler _handler = new() { UseCookies = false, AllowAutoRedirect = false };
    private readonly MigratedDatabase? _database;
    private readonly WebApplication? _app;
    private readonly TimeProvider _clock;
    private readonly Uri _address;
    private readonly ClientCredentials _administrator;

    private ReplayTarget(
        MigratedDatabase? database,
        WebApplication? app,
        TimeProvider clock,
        TraceTime time,
        Uri address,
        ClientCredentials administrator
    )
    {
        _database = database;
        _app = app;
        _clock = clock;
        _address = address;
        _administrator = administrator;
        Time = time;
    }

    public TraceTime Time { get; }

    /// <summary>Where the service is, for people.</summary>
    public string Description => _database is null ? $"the service at {_address}" : $"a service of its own on {_database.Description}";

    /// <summary>The service at an address.</summary>
    public static ReplayTarget At(Uri address, ClientCredentials administrator, TimeProvider clock) =>
        new(null, null, clock, new RealTime(clock), address, administrator);

    /// <summary>Starts a service whose clock stands so far before now that the trace ends about now.</summary>
    /// <param name="configuration">Names a database; a private one is started when it does not.</param>
    /// <param name="now">Says what today is.</param>
    /// <param name="length">How long the trace lasts.</param>
    /// <exception cref="InvalidOperationException">There is nothing to run on, or the database has an administrator already.</exception>
    public static async Task<ReplayTarget> StartAsync(IConfiguration configuration, TimeProvider now, TimeSpan length)
    {
        var today = new DateTimeOffset(now.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var clock = new SteppedClock(today.AddDays(-Math.Ceiling(length.TotalDays)));
        var database = await PrivateDatabase.OpenAsync(configuration, directory: null);
        WebApplication? app = null;
        try
        {
            app = Service.Build(
                Arguments(length),
                database.ConnectionString,
                builder =>
                {
                    builder.Services.AddSingleton<TimeProvider>(clock);
                    builder.WebHost.UseUrls("http://127.0.0.1:0");
                }
            );
            await app.StartAsync();
            var made =
                await Bootstrap.CreateAdministratorAsync(app.Services.GetRequiredService<NpgsqlDataSource>(), clock)
                ?? throw new InvalidOperationException(
                    "The database has an administrator already. Replay against the running service with --url, --client-id "
                        + "and --client-secret."
                );
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            return new ReplayTarget(
                database,
                app,
                clock,
                new FollowingTime(clock),
                new Uri(address),
                new ClientCredentials(made.ClientId, made.Secret)
            );
        }
        catch
        {
            if (app is not null)
                await app.DisposeAsync();
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of these credentials; the platform administrator's when null.</summary>
    public GpuGrantsClient Connect(ClientCredentials? credentials = null) => new(_address, credentials ?? _administrator, _handler, _clock);

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        if (_database is not null)
            await _database.DisposeAsync();
        _handler.Dispose();
    }

    /// <summary>
    /// Months pass in minutes: what the service does ahead of time, such as keys and partitions, has to be there for all of them.
    /// </summary>
    private static string[] Arguments(TimeSpan length) =>
        [
            "--Access:PublicUrl=http://gpugrants.local/",
            "--Access:SigningKeyDays=365",
            "--RateLimit:Calls=0",
            "--RateLimit:TokensPerClient=0",
            "--RateLimit:TokensPerAddress=0",
            "--Ledger:SecondApprovalCredits=100000000000",
            "--Logging:LogLevel:Default=Warning",
            "--Logging:LogLevel:GpuGrants.Api.Access.KeyRing=Error",
            FormattableString.Invariant($"--Sweeps:PartitionMonths={Math.Clamp((int)Math.Ceiling(length.TotalDays / 28) + 2, 2, 24)}"),
        ];
}
