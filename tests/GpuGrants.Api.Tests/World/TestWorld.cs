using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Hosting;
using GpuGrants.Api.Store;
using GpuGrants.Api.Sweeps;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace GpuGrants.Api.Tests.World;

/// <summary>A service on a database of its own, with a clock that only the test moves.</summary>
internal sealed class TestWorld : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RentedDatabase? _rented;
    private readonly List<TestWorld> _replicas = [];
    private bool _isSpoilt;

    private TestWorld(WebApplication app, string database, FakeTimeProvider clock, RentedDatabase? rented)
    {
        _app = app;
        _rented = rented;
        Database = database;
        Clock = clock;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Address = new Uri(address);
        Http = new HttpClient(new ContractHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }))
        {
            BaseAddress = Address,
            Timeout = TimeSpan.FromMinutes(2),
        };
    }

    /// <summary>As the owner.</summary>
    public string Database { get; }

    public FakeTimeProvider Clock { get; }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The platform administrator.</summary>
    public Person Admin { get; private set; } = null!;

    public DateTimeOffset Now => Clock.GetUtcNow();

    public bool IsEnded { get; private set; }

    /// <summary>This service and the others that it started on its database. Any of them may do what is due.</summary>
    public IEnumerable<TestWorld> Replicas => [this, .. _replicas];

    public static Task<TestWorld> StartAsync(params string[] settings) => StartLoggedAsync(null, settings);

    /// <summary>A service that logs everything it says, at every level, to <paramref name="logs"/> too.</summary>
    public static async Task<TestWorld> StartLoggedAsync(CapturedLogs? logs, params string[] settings)
    {
        var world = await StartWithoutAdministratorAsync(logs, settings);
        var made = await Bootstrap.CreateAdministratorAsync(world.Services.GetRequiredService<NpgsqlDataSource>(), world.Clock);
        world.Admin = new Person(world.Http, made!.Value.ClientId, made.Value.Secret, Guid.Empty);
        await world.Prove(await world.ScalarAsync<Guid>("select principal_id from api_clients"));
        return world;
    }

    /// <summary>A service that nobody may administer yet.</summary>
    public static Task<TestWorld> StartWithoutAdministratorAsync(params string[] settings) =>
        StartWithoutAdministratorAsync(null, settings);

    /// <summary>Another service on the same database, with the same clock.</summary>
    public Task<TestWorld> StartSecondAsync(params string[] settings) => StartSecondLoggedAsync(null, settings);

    /// <summary>The same, with its logs.</summary>
    public async Task<TestWorld> StartSecondLoggedAsync(CapturedLogs? logs, params string[] settings)
    {
        var second = await StartAsync(Database, Clock, rented: null, settings, logs);
        second.Admin = Admin.On(second);
        _replicas.Add(second);
        return second;
    }

    /// <summary>Another service that reaches the same database by another way.</summary>
    public async Task<TestWorld> StartSecondThroughAsync(string database, params string[] settings)
    {
        var second = await StartAsync(database, Clock, rented: null, settings);
        second.Admin = Admin.On(second);
        return second;
    }

    /// <summary>Lets time pass, and everything that falls due happen.</summary>
    public async Task PassAsync(TimeSpan time, params Person[] people)
    {
        Clock.Advance(time);
        foreach (var person in people.Append(Admin))
            person.ForgetToken();
        await Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Makes something of each row of a statement.</summary>
    public async Task<List<T>> ListAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] values)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ListAsync(read);
    }

    /// <summary>Whoever has this token.</summary>
    public Person Holder(string token) => new Person(Http, "", "", Guid.Empty).WithToken(token);

    public async ValueTask DisposeAsync()
    {
        IsEnded = true;
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_rented is null)
            return;
        if (_isSpoilt)
            NpgsqlConnection.ClearPool(new NpgsqlConnection(Database));
        try
        {
            await EventSchemas.CheckAsync(Database);
        }
        finally
        {
            await _rented.ReturnAsync(_isSpoilt);
        }
    }

    /// <summary>The test breaks connections: no other world may have this one's.</summary>
    public void Spoil() => _isSpoilt = true;

    /// <summary>The same, with its logs.</summary>
    public static async Task<TestWorld> StartWithoutAdministratorAsync(CapturedLogs? logs, string[] settings)
    {
        var clock = new FakeTimeProvider(TestMoment.Start);
        var rented = await RentedDatabase.RentAsync();
        try
        {
            return await StartAsync(rented.Owner, clock, rented, settings, logs);
        }
        catch
        {
            await rented.ReturnAsync(isSpoilt: true);
            throw;
        }
    }

    private static async Task<TestWorld> StartAsync(
        string database,
        FakeTimeProvider clock,
        RentedDatabase? rented,
        string[] settings,
        CapturedLogs? logs = null
    )
    {
        // A timer would follow the fake clock, beside the test that moves it: tests sweep when they say so.
        string[] args =
        [
            "--Access:PublicUrl=http://gpugrants.test/",
            "--Sweeps:PeriodSeconds=0",
            "--Webhooks:PollMilliseconds=3600000",
            "--Mail:PeriodSeconds=0",
            // A caller may move the clock while another's body arrives.
            "--Bodies:TotalSeconds=3600",
            "--RateLimit:Calls=0",
            "--RateLimit:TokensPerClient=0",
            "--RateLimit:TokensPerAddress=0",
            "--RateLimit:MistakesPerAddress=0",
            "--SignUp:CallsPerAddress=0",
            "--SignUp:CodesPerEmail=0",
            "--SignUp:CodesPerEmailInAll=0",
            $"--Database:MaxPoolSize={RentedDatabase.MaxPoolSize}",
            $"--Pipeline:Shards={RentedDatabase.Shards}",
            "--Logging:LogLevel:Default=Error",
            .. settings,
        ];
        var app = Service.Build(
            args,
            database,
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(clock);
                if (rented is not null && !settings.Any(IsOfConnections))
                    builder.Services.AddSingleton(rented.Reads).AddKeyedSingleton(GpuGrants.Api.Store.Database.Pipeline, rented.Pipeline);
                builder.WebHost.UseUrls("http://127.0.0.1:0");
                builder.Logging.AddFilter("GpuGrants.Api.Pipeline", LogLevel.Error);
                if (logs is null)
                    return;
                builder.Logging.AddProvider(logs).AddFilter<CapturedLogs>(null, LogLevel.Trace);
            }
        );
        await app.StartAsync();
        return new TestWorld(app, database, clock, rented);
    }

    private static bool IsOfConnections(string setting) =>
        setting.StartsWith("--Database:", StringComparison.Ordinal) || setting.StartsWith("--Pipeline:", StringComparison.Ordinal);
}
