using System.Collections.Concurrent;
using System.Globalization;
using GpuGrants.Api.Hosting;
using GpuGrants.Api.Sweeps;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// Everybody acts on a grant at once, on two replicas: late, duplicate and corrected usage, disputes, outages, suspensions, closing,
/// revocation, settlement, and requests for what comes free. After each round <see cref="UsageCheck"/> adds everything up.
/// </summary>
/// <param name="database">Migrated, and nobody's yet.</param>
/// <param name="seed">Repeats the same plan.</param>
internal sealed class UsageRun(string database, int seed) : IAsyncDisposable
{
    /// <summary>What all grants of a startup may use together, in GPU-hours.</summary>
    public const int LimitHours = 40;

    /// <summary>What they may use on one day. What a correction gives back may find no room in it.</summary>
    public const int LimitHoursPerDay = 26;

    private readonly FireClock _clock = new();
    private readonly Random _random = new(seed);
    private readonly List<WebApplication> _replicas = [];
    private readonly List<HttpClient> _https = [];
    private readonly List<string> _findings = [];
    private CrashScene _scene = null!;

    /// <summary>How often each act succeeded, by the last word of its path.</summary>
    private readonly ConcurrentDictionary<string, int> _done = new(StringComparer.Ordinal);

    private (int Calls, int Refused) _count;

    /// <summary>Runs the stated number of rounds, and then lets everything end.</summary>
    public async Task<UsageReport> RunAsync(int rounds)
    {
        for (var i = 0; i < 2; i++)
            await StartAsync();
        _scene = await CrashScene.CreateAsync(
            _https[0],
            database,
            rounds,
            [Used("used", new { kind = "lifetime" }, LimitHours), UsedPerDay()],
            Terms()
        );
        for (var round = 0; round < rounds; round++)
            await RoundAsync(round);
        foreach (var days in (int[])[40, 2])
            await PassAsync(TimeSpan.FromDays(days));
        _findings.AddRange(await UsageCheck.EndedAsync(database));
        return new UsageReport(seed, _count.Calls, _count.Refused, _findings) { Done = _done };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var http in _https)
            http.Dispose();
        foreach (var replica in _replicas)
        {
            await replica.StopAsync();
            await replica.DisposeAsync();
        }

        NpgsqlConnection.ClearPool(new NpgsqlConnection(database));
    }

    /// <summary>Each round has a startup of its own, whose limit is whole.</summary>
    private async Task RoundAsync(int startup)
    {
        var asked = await _scene.Startups[startup].PostAsync("/v1/requests", Ask(12));
        if (asked["status"]!.GetValue<string>() != "approved")
            return;
        var grant = asked["grantId"]!.GetValue<string>();
        await PassAsync(TimeSpan.FromHours(10));
        var uses = Enumerable.Range(0, 6).Select(_ => NewUse(grant)).ToArray();
        await AskAsync(_scene.Operator, "/v1/usage-records", Report(uses[..3]));
        var (one, other) = (_scene, OnSecond());
        string Path(int use, string action) => $"/v1/grants/{grant}/usage-records/{uses[use].Id}/{action}";
        var why = new { reason = "Fire" };
        await Task.WhenAll(
            AskAsync(one.Operator, "/v1/usage-records", Report(uses)),
            AskAsync(other.Operator, "/v1/usage-records", Report([.. uses.Reverse()])),
            AskAsync(one.Operator, Path(0, "void"), why),
            AskAsync(other.Operator, Path(1, "replace"), Correction(NewUse(grant))),
            AskAsync(one.Operator, Path(1, "void"), why),
            AskAsync(other.Startups[startup], Path(_random.Next(3), "dispute"), why),
            AskAsync(one.Operator, $"/v1/offers/{_scene.Offer}/outages", Outage()),
            AskAsync(other.Admin, $"/v1/grants/{grant}/suspend", why, "*"),
            AskAsync(one.Admin, $"/v1/grants/{grant}/resume", why, "*"),
            AskAsync(one.Startups[startup], $"/v1/grants/{grant}/close", new { }),
            AskAsync(other.Admin, $"/v1/grants/{grant}/revoke", why, "*"),
            AskAsync(one.Operator, $"/v1/grants/{grant}/settle", new { }),
            AskAsync(one.Startups[startup], "/v1/requests", Ask(15)),
            AskAsync(other.Startups[startup], "/v1/requests", Ask(15)),
            SweepAsync()
        );
        await CheckAsync();
        var disputes = await UsageCheck.OpenDisputesAsync(database);
        await Task.WhenAll([
            AskAsync(other.Operator, "/v1/usage-records", Report([NewUse(grant), NewUse(grant)])),
            AskAsync(one.Operator, Path(2, "replace"), Correction(NewUse(grant))),
            AskAsync(one.Operator, Path(_random.Next(3, 6), "replace"), Correction(NewUse(grant))),
            AskAsync(other.Operator, Path(2, "void"), why),
            .. disputes.SelectMany(id =>
                (Task[])
                    [
                        AskAsync(one.Admin, $"/v1/usage-disputes/{id}/uphold", why, "*"),
                        AskAsync(other.Admin, $"/v1/usage-disputes/{id}/reject", why, "*"),
                        AskAsync(other.Startups[startup], $"/v1/usage-disputes/{id}/withdraw", new { }),
                    ]
            ),
        ]);
        await CheckAsync();
    }

    private async Task CheckAsync() => _findings.AddRange(await UsageCheck.RunAsync(database));

    private async Task AskAsync(FireClient who, string path, object body, string? ifMatch = null)
    {
        var reply = await who.TryPostAsync(path, body, null, ifMatch);
        Interlocked.Increment(ref _count.Calls);
        if (reply is null || reply.Status is System.Net.HttpStatusCode.BadRequest or System.Net.HttpStatusCode.Unauthorized)
            lock (_findings)
                _findings.Add($"POST {path}: {reply?.Text ?? who.Failure}");
        else if ((int)reply.Status >= 400)
            Interlocked.Increment(ref _count.Refused);
        else
            _done.AddOrUpdate(path[(path.LastIndexOf('/') + 1)..], 1, (_, count) => count + 1);
    }

    private async Task PassAsync(TimeSpan time)
    {
        _clock.Jump(time);
        foreach (var client in (IEnumerable<FireClient>)[_scene.Admin, _scene.Operator, .. _scene.Startups])
            client.ForgetToken();
        await SweepAsync();
    }

    private Task SweepAsync() =>
        Task.WhenAll(_replicas.Select(replica => replica.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None)));

    private CrashScene OnSecond() =>
        _scene with
        {
            Admin = _scene.Admin.Through(_https[1]),
            Operator = _scene.Operator.Through(_https[1]),
            Startups = [.. _scene.Startups.Select(one => one.Through(_https[1]))],
        };

    private async Task StartAsync()
    {
        string[] settings =
        [
            "--Access:PublicUrl=http://gpugrants.test/",
            "--Sweeps:PeriodSeconds=0",
            "--RateLimit:Calls=0",
            "--RateLimit:TokensPerClient=0",
            "--RateLimit:TokensPerAddress=0",
            "--Database:MaxPoolSize=8",
            "--Pipeline:Shards=1",
            "--Logging:LogLevel:Default=Error",
        ];
        var app = Service.Build(
            settings,
            database,
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(_clock);
                builder.WebHost.UseUrls("http://127.0.0.1:0");
                builder.Logging.AddFilter("GpuGrants.Api.Pipeline", LogLevel.Error);
            }
        );
        await app.StartAsync();
        _replicas.Add(app);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _https.Add(new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(2) });
    }

    private object Ask(int hours) =>
        new
        {
            programmeId = _scene.Programme,
            gpuHours = hours,
            gpus = 2,
            purpose = "Fire",
        };

    private Use NewUse(string grant)
    {
        var start = _clock.GetUtcNow().AddHours(-9.5).AddMinutes(_random.Next(0, 500));
        return new Use(Guid.NewGuid(), grant, start, start.AddMinutes(_random.Next(1, 240)).AddMilliseconds(_random.Next(0, 999)));
    }

    private object Outage()
    {
        var start = _clock.GetUtcNow().AddHours(-9).AddMinutes(_random.Next(0, 400));
        return new
        {
            startedAt = start,
            endedAt = start.AddMinutes(_random.Next(1, 90)),
            evidence = "Fire",
        };
    }

    private static object Terms() =>
        new
        {
            name = "Starter",
            timeZone = "UTC",
            graceGpuHours = 2,
            suspendAfterGpuHours = 1,
            revokeAfterGpuHours = 4,
        };

    private static object UsedPerDay() =>
        Used(
            "per-day",
            new
            {
                kind = "calendar",
                unit = "day",
                timeZone = "UTC",
            },
            LimitHoursPerDay
        );

    private static object Used(string id, object window, int hours) =>
        new
        {
            id,
            measure = "gpu-hours-used",
            subject = new { level = "organization" },
            window,
            limit = new { gpuHours = hours.ToString(CultureInfo.InvariantCulture) },
            outcome = "deny",
        };

    private static object Report(Use[] uses) =>
        new
        {
            records = uses.Select(use => new
            {
                id = use.Id,
                grantId = use.GrantId,
                gpus = 0.5m,
                startedAt = use.StartedAt,
                endedAt = use.EndedAt,
            }),
        };

    private static object Correction(Use use) =>
        new
        {
            gpus = 0.5m,
            startedAt = use.StartedAt,
            endedAt = use.EndedAt,
            reason = "Metered again",
        };

    private sealed record Use(Guid Id, string GrantId, DateTimeOffset StartedAt, DateTimeOffset EndedAt);
}

/// <summary>What a run did and found.</summary>
internal sealed record UsageReport(int Seed, int Calls, int Refused, IReadOnlyList<string> Findings)
{
    /// <summary>How often each act succeeded, such as <c>void</c> and <c>outages</c>.</summary>
    public required IReadOnlyDictionary<string, int> Done { get; init; }
}
