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
        var leaked = world.PersonOf(made.Body!);
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
        var reading = world.Admin.WithToken(await world.Admin.NewTokenAsync("read clients"));
        var without = world.Admin.WithToken(await world.Admin.NewTokenAsync("read"));
        (await without.Post("/v1/clients", new { name = "For good" })).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        (await without.Post($"/v1/clients/{world.Admin.ClientId}/revoke")).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        (await reading.Post($"/v1/clients/{world.Admin.ClientId}/rotate")).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        (await reading.Post("/v1/clients", new { name = "More", scopes = new[] { "administer" } })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "scopes"
        );
        Assert.Equal(
            ["clients", "read"],
            (await reading.Post("/v1/clients", new { name = "As much" }))
                .Expect(HttpStatusCode.Created)["scopes"]
                .AsArray()
                .Select(one => one!.GetValue<string>())
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_client_makes_and_rotates_none_that_lives_longer_than_itself()
    {
        await using var world = await TestWorld.StartAsync();
        var end = world.Now.AddDays(1);
        var made = (await world.Admin.Post("/v1/clients", new { name = "For a day", expiresAt = end })).Expect(HttpStatusCode.Created);
        var brief = world.PersonOf(made.Body!);
        (await brief.Post("/v1/clients", new { name = "For longer", expiresAt = end.AddSeconds(1) })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "expiresAt"
        );
        var child = (await brief.Post("/v1/clients", new { name = "As long" })).Expect(HttpStatusCode.Created);
        Assert.Equal((made.Text_("expiresAt"), brief.ClientId), (child.Text_("expiresAt"), child.Text_("madeBy")));
        (await brief.Post($"/v1/clients/{world.Admin.ClientId}/rotate")).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await brief.Post($"/v1/clients/{child.Text_("clientId")}/rotate")).Expect(HttpStatusCode.OK);
        var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() =>
            world.ScalarAsync<long>(
                "with more as (insert into api_clients (id, client_id, principal_id, name, scopes, secret_hash, status, expires_at, created_by, "
                    + "made_by, version, created_at, updated_at) select gen_random_uuid(), 'cl_more', principal_id, name, scopes, secret_hash, "
                    + "status, null, created_by, client_id, 1, created_at, updated_at from api_clients where client_id = $1 returning 1) "
                    + "select count(*) from more",
                brief.ClientId
            )
        );
        Assert.Equal(Npgsql.PostgresErrorCodes.RestrictViolation, refused.SqlState);
    }

    [Fact]
    public async Task A_leaked_client_takes_along_what_was_made_through_it_and_nothing_else()
    {
        await using var world = await TestWorld.StartAsync();
        var (_, owner) = await world.Organization();
        var (leaked, other) = (await MakeAsync(owner), await MakeAsync(owner));
        var child = await MakeAsync(leaked);
        var grandchild = await MakeAsync(child);
        var listed = (await owner.Get($"/v1/clients?madeBy={leaked.ClientId}")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(child.ClientId, Assert.Single(listed)!["clientId"]!.GetValue<string>());
        var revoked = (await owner.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        Assert.Equal(
            new[] { child.ClientId, grandchild.ClientId }.Order(StringComparer.Ordinal),
            revoked["revokedWithIt"].AsArray().Select(one => one!.GetValue<string>()).Order(StringComparer.Ordinal)
        );
        foreach (var gone in (Person[])[leaked, child, grandchild])
            (await gone.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        (await other.AskTokenAsync()).Expect(HttpStatusCode.OK);
        (await owner.AskTokenAsync()).Expect(HttpStatusCode.OK);

        async Task<Person> MakeAsync(Person maker)
        {
            var made = (await maker.Post("/v1/clients", new { name = "Batch jobs" })).Expect(HttpStatusCode.Created);
            return world.PersonOf(made.Body!);
        }
    }

    [Fact]
    public async Task All_clients_of_a_principal_share_one_rate_limit()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:Calls=3", "--RateLimit:WindowSeconds=3600");
        var made = (await world.Admin.Post("/v1/clients", new { name = "A second client" })).Expect(HttpStatusCode.Created);
        var second = world.PersonOf(made.Body!);
        (await second.Get("/v1/me")).Expect(HttpStatusCode.OK);
        (await world.Admin.Get("/v1/me")).Expect(HttpStatusCode.OK);
        foreach (var person in (Person[])[second, world.Admin])
            (await person.Get("/v1/me")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
    }

    [Fact]
    public async Task A_second_role_widens_the_clients_that_manage_others_and_leaves_narrow_ones()
    {
        await using var world = await TestWorld.StartAsync();
        var (_, owner) = await world.Organization();
        var programme = await world.Programme();
        var principal = (await owner.Get("/v1/me")).Text_("principalId");
        var made = (await owner.Post("/v1/clients", new { name = "Reads", scopes = new[] { "read" } })).Expect(HttpStatusCode.Created);
        var narrow = world.PersonOf(made.Body!);
        Assert.Equal("invalid_scope", (await owner.AskTokenAsync("review")).Text_("error"));
        (
            await world.Admin.Post($"/v1/programmes/{programme}/members", new { principalId = principal, role = "programme-reviewer" })
        ).Expect(HttpStatusCode.Created);
        (await owner.WithToken(await owner.NewTokenAsync("review")).Get("/v1/reviews")).Expect(HttpStatusCode.OK);
        Assert.Equal("invalid_scope", (await narrow.AskTokenAsync("review")).Text_("error"));
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
        var brief = world.PersonOf(made.Body!);
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
