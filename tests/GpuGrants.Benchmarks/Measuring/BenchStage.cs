using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Hosting;
using GpuGrants.Api.Pipeline;
using GpuGrants.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>
/// A service in this process with programmes of their own trees, each with an offer and ten rules that bear on every request, and
/// organizations with an owner each.
/// </summary>
internal sealed class BenchStage : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SocketsHttpHandler _handler = new();

    private BenchStage(WebApplication app, string database)
    {
        _app = app;
        Database = database;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    /// <summary>As many as pgbench has branches at scale 10: what all its transactions meet in, as decisions meet in a programme.</summary>
    public const int LikeBranches = 10;

    public string Database { get; }

    public Uri Address { get; }

    /// <summary>The service's own parts.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>The platform administrator.</summary>
    public ClientCredentials Admin { get; private set; } = new("", "");

    public DecisionPipeline Pipeline => _app.Services.GetRequiredService<DecisionPipeline>();

    /// <summary>The root programmes. An organization asks the one at its own number modulo theirs.</summary>
    public IReadOnlyList<Guid> Programmes { get; private set; } = [];

    public ClientCredentials Operator { get; private set; } = new("", "");

    public IReadOnlyList<BenchOrganization> Organizations { get; private set; } = [];

    /// <param name="database">Migrated, and empty but for what the caller put there.</param>
    /// <param name="organizations">How many organizations take part.</param>
    /// <param name="programmes">How many root programmes there are.</param>
    /// <param name="configure">Further endpoints.</param>
    /// <param name="settings">Further settings of the service.</param>
    public static async Task<BenchStage> StartAsync(
        string database,
        int organizations,
        int programmes = LikeBranches,
        Action<WebApplication>? configure = null,
        params string[] settings
    )
    {
        var app = await StartServiceAsync(database, configure, settings);
        var stage = new BenchStage(app, database);
        var made =
            await Bootstrap.CreateAdministratorAsync(app.Services.GetRequiredService<NpgsqlDataSource>(), TimeProvider.System)
            ?? throw new InvalidOperationException("The database is in use already.");
        stage.Admin = new ClientCredentials(made.ClientId, made.Secret);
        await stage.BuildAsync(stage.Connect(stage.Admin), organizations, programmes);
        return stage;
    }

    private static async Task<WebApplication> StartServiceAsync(
        string database,
        Action<WebApplication>? configure,
        params string[] settings
    )
    {
        string[] args =
        [
            "--Access:PublicUrl=http://gpugrants.bench/",
            "--RateLimit:Calls=0",
            "--RateLimit:TokensPerClient=0",
            "--RateLimit:TokensPerAddress=0",
            "--Ledger:SecondApprovalCredits=100000000000",
            "--Database:MaxPoolSize=30",
            "--Ledger:SecondApprovalCredits=100000000000",
            "--Logging:LogLevel:Default=Warning",
            .. settings,
        ];
        var app = Service.Build(args, database, builder => builder.WebHost.UseUrls("http://127.0.0.1:0"));
        configure?.Invoke(app);
        await app.StartAsync();
        return app;
    }

    /// <summary>Another replica on the same database, with the same programmes and organizations.</summary>
    public async Task<BenchStage> AddReplicaAsync() =>
        new(await StartServiceAsync(Database, configure: null), Database)
        {
            Programmes = Programmes,
            Organizations = Organizations,
            Operator = Operator,
        };

    public GpuGrantsClient Connect(ClientCredentials credentials) => new(Address, credentials, _handler);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _handler.Dispose();
    }

    private async Task BuildAsync(GpuGrantsClient admin, int organizations, int programmes)
    {
        await admin.PostAsync<Named>(
            "/v1/gpu-models",
            new
            {
                id = "h100",
                name = "H100",
                gpuClass = "datacenter",
                memoryGib = 80,
                vendor = "NVIDIA",
            }
        );
        var provider = (await admin.PostAsync<Made>("/v1/providers", new { name = "Provider", country = "KR" })).Id;
        Operator = (await admin.PostAsync<Joined>($"/v1/providers/{provider}/operators", new { name = "Operator" })).Client.Credentials;
        var made = new List<Guid>();
        for (var i = 0; i < programmes; i++)
            made.Add(await AddProgrammeAsync(admin, provider, i));
        Programmes = made;
        var owners = new BenchOrganization[organizations];
        await Parallel.ForAsync(
            0,
            organizations,
            new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (index, cancellation) =>
            {
                var one = await admin.PostAsync<Owned>(
                    "/v1/organizations",
                    new
                    {
                        kind = "startup",
                        name = $"Organization {index}",
                        country = "KR",
                        ownerName = "Owner",
                    },
                    cancellation: cancellation
                );
                owners[index] = new BenchOrganization(one.Id, one.OwnerClient.Credentials);
            }
        );
        Organizations = owners;
    }

    private async Task<Guid> AddProgrammeAsync(GpuGrantsClient admin, Guid provider, int number)
    {
        var programme = (
            await admin.PostAsync<Made>(
                "/v1/programmes",
                new
                {
                    name = $"Benchmark {number}",
                    timeZone = "Asia/Seoul",
                    maxGrantDays = 365,
                }
            )
        ).Id;
        await admin.PostAsync<Made>($"/v1/programmes/{programme}/fund", new { credits = 10_000_000, reason = "Budget of a benchmark" });
        var offer = await Connect(Operator)
            .PostAsync<Made>(
                "/v1/offers",
                new
                {
                    programmeId = programme,
                    providerId = provider,
                    gpuModel = "h100",
                    region = "kr",
                    capacityGpuHours = 10_000_000,
                    rate = 1,
                    maxGpus = 1_000,
                }
            );
        await admin.PostAsync<Made>($"/v1/offers/{offer.Id}/accept", new { }, version: offer.Version);
        var policy = await admin.PostAsync<Made>(
            "/v1/quota-policies",
            new
            {
                programmeId = programme,
                name = "Ten rules",
                document = new { rules = TenRules.All },
            }
        );
        await admin.PostAsync<Made>($"/v1/quota-policies/{policy.Id}/publish", new { }, version: policy.Version);
        return programme;
    }

    private sealed record Made(Guid Id, long Version);

    private sealed record Named(string Id);

    private sealed record Joined(NewClient Client);

    private sealed record Owned(Guid Id, NewClient OwnerClient);

    private sealed record NewClient(string ClientId, string ClientSecret)
    {
        public ClientCredentials Credentials => new(ClientId, ClientSecret);
    }
}

/// <summary>An organization that takes part, and its owner's credentials.</summary>
internal sealed record BenchOrganization(Guid Id, ClientCredentials Owner);
