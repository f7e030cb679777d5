using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>API clients and their secrets: made, rotated, revoked, shown once.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task An_owner_makes_a_client_whose_secret_is_shown_once_and_stored_as_a_hash()
    {
        await using var world = await TestWorld.StartAsync();
        var (_, owner) = await world.Organization();
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var made = (await owner.Post("/v1/clients", new { name = "Batch jobs" }, key)).Expect(HttpStatusCode.Created);
        var secret = made.Text_("clientSecret");
        var again = (await owner.Post("/v1/clients", new { name = "Batch jobs" }, key)).Expect(HttpStatusCode.Created);
        Assert.True(again.IsReplay);
        Assert.Equal(made.Text_("clientId"), again.Text_("clientId"));
        Assert.DoesNotContain(secret, again.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, (await owner.Get("/v1/clients")).Text, StringComparison.Ordinal);
        Assert.Equal(0L, await world.CountRowsWithAsync(secret));
        Assert.True((await new Person(world.Http, made.Text_("clientId"), secret, Guid.Empty).Get("/v1/me")).Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_rotated_secret_works_at_once_and_the_old_one_for_another_day()
    {
        await using var world = await TestWorld.StartAsync();
        var (_, owner) = await world.Organization();
        var secret = (await owner.Post($"/v1/clients/{owner.ClientId}/rotate")).Expect(HttpStatusCode.OK).Text_("clientSecret");
        (await owner.AskTokenAsync(secret: secret)).Expect(HttpStatusCode.OK);
        (await owner.AskTokenAsync()).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromHours(24));
        (await owner.AskTokenAsync(secret: secret)).Expect(HttpStatusCode.OK);
        Assert.Equal("invalid_client", (await owner.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized).Text_("error"));
    }

    [Fact]
    public async Task A_revoked_client_gets_no_token_and_its_tokens_stop_at_once_where_it_was_revoked_and_in_five_seconds_elsewhere()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var (_, owner) = await world.Organization();
        var made = (await owner.Post("/v1/clients", new { name = "Leaked" })).Expect(HttpStatusCode.Created);
        var leaked = new Person(world.Http, made.Text_("clientId"), made.Text_("clientSecret"), Guid.Empty);
        var elsewhere = leaked.On(second);
        (await leaked.Get("/v1/me")).Expect(HttpStatusCode.OK);
        (await elsewhere.Get("/v1/me")).Expect(HttpStatusCode.OK);
        (await owner.Post($"/v1/clients/{leaked.ClientId}/revoke")).Expect(HttpStatusCode.OK);
        (await leaked.Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        (await elsewhere.Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await leaked.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        (await owner.Post($"/v1/clients/{leaked.ClientId}/rotate")).ExpectProblem(HttpStatusCode.Conflict, "client-revoked");
    }

    [Fact]
    public async Task A_token_with_fewer_scopes_cannot_rotate_its_way_to_more()
    {
        await using var world = await TestWorld.StartAsync();
        var reading = world.Admin.WithToken(await world.Admin.NewTokenAsync("read"));
        (await reading.Post($"/v1/clients/{world.Admin.ClientId}/rotate")).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        (await reading.Post("/v1/clients", new { name = "More", scopes = new[] { "administer" } })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "scopes"
        );
        Assert.Equal(
            ["read"],
            (await reading.Post("/v1/clients", new { name = "As much" }))
                .Expect(HttpStatusCode.Created)["scopes"]
                .AsArray()
                .Select(one => one!.GetValue<string>())
        );
    }

    [Fact]
    public async Task An_owner_ends_a_members_client_but_never_learns_its_secret()
    {
        await using var world = await TestWorld.StartAsync();
        var (organization, owner) = await world.Organization();
        var member = await world.Member($"/v1/organizations/{organization}/members", null, owner);
        (await owner.Post($"/v1/clients/{member.ClientId}/rotate")).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await owner.Post($"/v1/clients/{member.ClientId}/revoke")).Expect(HttpStatusCode.OK);
        (await member.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_client_stops_when_it_expires()
    {
        await using var world = await TestWorld.StartAsync();
        var (_, owner) = await world.Organization();
        var made = (await owner.Post("/v1/clients", new { name = "For a week", expiresAt = world.Now.AddMinutes(10) })).Expect(
            HttpStatusCode.Created
        );
        var brief = new Person(world.Http, made.Text_("clientId"), made.Text_("clientSecret"), Guid.Empty);
        (await brief.Get("/v1/me")).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        (await brief.Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await brief.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        (await owner.Post("/v1/clients", new { name = "Of yesterday", expiresAt = world.Now.AddDays(-1) })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "expiresAt"
        );
    }

    [Fact]
    public async Task Scopes_that_a_client_lacks_are_not_given()
    {
        await using var world = await TestWorld.StartAsync();
        var (_, owner) = await world.Organization();
        Assert.Equal("invalid_scope", (await owner.AskTokenAsync("administer")).Expect(HttpStatusCode.BadRequest).Text_("error"));
        Assert.Equal("invalid_client", (await owner.AskTokenAsync(secret: "gg_wrong")).Expect(HttpStatusCode.Unauthorized).Text_("error"));
    }
}
