using System.Net;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Hosting;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Tests;

/// <summary>The service as its operator sees it: start, health, rate limits.</summary>
public sealed class ServiceTests
{
    [Theory]
    [InlineData("Access:PublicUrl", "nowhere")]
    [InlineData("Access:TokenSeconds", "0")]
    [InlineData("Access:SigningKeyDays", "1")]
    [InlineData("Pipeline:QueueCapacity", "0")]
    [InlineData("Pipeline:MaxBatch", "100000")]
    [InlineData("Sweeps:PeriodSeconds", "-1")]
    [InlineData("Mail:PeriodSeconds", "-1")]
    [InlineData("Sweeps:IdempotencyHours", "1")]
    [InlineData("RateLimit:Calls", "-1")]
    [InlineData("RateLimit:CallsPerPartner", "-1")]
    [InlineData("RateLimit:StreamsPerCaller", "-1")]
    [InlineData("RateLimit:CallsPerServed", "-1")]
    [InlineData("RateLimit:WindowSeconds", "0")]
    [InlineData("RateLimit:TokensPerClient", "-1")]
    [InlineData("RateLimit:TokensPerAddress", "-1")]
    public async Task A_wrong_setting_stops_the_start_and_is_named(string key, string value)
    {
        var database = await TestDatabase.CreateEmptyAsync();
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using var app = Service.Build([$"--{key}={value}", "--urls=http://127.0.0.1:0"], database);
            await app.StartAsync();
        });
        Assert.StartsWith(key + ": ", failure.Failures.Single(), StringComparison.Ordinal);
        await TestDatabase.DropAsync(database);
    }

    [Fact]
    public async Task The_first_administrator_is_made_once_however_many_ask()
    {
        await using var world = await TestWorld.StartAsync();
        var source = world.Services.GetRequiredService<NpgsqlDataSource>();
        var again = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Bootstrap.CreateAdministratorAsync(source, world.Clock)));
        Assert.All(again, made => Assert.Null(made));
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from role_assignments where role = 'platform-administrator'"));
    }

    [Fact]
    public async Task A_service_is_alive_without_its_database_but_not_ready()
    {
        await using var world = await TestWorld.StartAsync("--Database:MaxPoolSize=2");
        Assert.Equal(HttpStatusCode.OK, (await world.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await world.Http.GetAsync("/health/ready")).StatusCode);
        world.Spoil();
        await TestDatabase.DropAsync(world.Database);
        Assert.Equal(HttpStatusCode.OK, (await world.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await world.Http.GetAsync("/health/ready")).StatusCode);
    }

    [Fact]
    public async Task Each_principal_has_its_calls_through_all_clients_and_is_told_how_many_are_left()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:Calls=3", "--RateLimit:WindowSeconds=3600");
        for (var left = 2; left >= 0; left--)
        {
            var reply = (await world.Admin.Get("/v1/me")).Expect(HttpStatusCode.OK);
            Assert.Equal("\"default\";q=3;w=3600", reply.Message.Headers.GetValues("RateLimit-Policy").Single());
            Assert.StartsWith($"\"default\";r={left}", reply.Message.Headers.GetValues("RateLimit").Single(), StringComparison.Ordinal);
        }

        var refused = (await world.Admin.Get("/v1/me")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.Equal(TimeSpan.FromHours(1), refused.Message.Headers.RetryAfter!.Delta);
        Assert.Equal("\"default\";r=0;t=3600", refused.Message.Headers.GetValues("RateLimit").Single());
        await using var second = await world.StartSecondAsync();
        var made = (await second.Admin.Post("/v1/clients", new { name = "Another" })).Expect(HttpStatusCode.Created);
        var another = world.PersonOf(made.Body!);
        (await another.Get("/v1/me")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        var (_, owner) = await second.Organization();
        (await owner.On(world).Get("/v1/me")).Expect(HttpStatusCode.OK);
    }
}
