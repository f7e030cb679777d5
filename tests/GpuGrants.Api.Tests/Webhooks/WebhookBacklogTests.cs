using System.Net;
using GpuGrants.Api.Tests.Partners;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>What an endpoint was not told yet stays to be told, whatever happens to its owner. What was before it does not.</summary>
public sealed class WebhookBacklogTests
{
    [Fact]
    public async Task Telling_again_since_a_moment_passes_over_nothing_that_waited_before_it()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(credits: 10_000, capacity: 10_000);
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        receiver.Answer = (_, _) => 500;
        const int Requests = 60;
        for (var i = 0; i < Requests; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        (await scene.Startup.Post($"{path}/redeliver", new { since = world.Now.AddSeconds(1) })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "since"
        );
        (await scene.Startup.Post($"{path}/redeliver", new { since = world.Now.AddMinutes(-1) })).Expect(HttpStatusCode.NoContent);
        receiver.Answer = (_, _) => 200;
        await world.DispatchAsync();
        Assert.Equal(Requests, receiver.Taken.Select(one => one.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_receiver_that_is_down_has_few_rows_however_much_happens()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(credits: 10_000, capacity: 10_000);
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        receiver.Answer = (_, _) => 500;
        for (var i = 0; i < 100; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        var first = await WaitingAsync();
        Assert.InRange(first, 8, 32);
        for (var minute = 1; minute <= 3; minute++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            await world.DispatchAsync();
            Assert.InRange(await WaitingAsync(), first, first + (8 * minute));
        }

        Task<long> WaitingAsync() => world.ScalarAsync<long>("select count(*) from webhook_waiting");
    }

    [Fact]
    public async Task A_suspended_organization_is_told_afterwards_of_what_happened_to_it_meanwhile_and_of_what_waited()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url, "request.*", "organization.*");
        receiver.Answer = (_, _) => 500;
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        receiver.Answer = (_, _) => 200;
        await world.SetStatus($"/v1/organizations/{scene.Organization}", "suspended");
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await world.DispatchAsync();
        Assert.Empty(receiver.Taken);
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await world.SetStatus($"/v1/organizations/{scene.Organization}", "active");
        await world.DispatchAsync();
        Assert.Equal(["organization.updated", "organization.updated", "request.approved"], receiver.Taken.Select(one => one.Type).Order());
        Assert.Contains(receiver.Taken, one => one.Resource == asked.Id.ToString());
    }

    [Fact]
    public async Task A_partner_is_told_of_an_organization_from_its_consent_on_and_not_of_its_years_before()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        await portal.Person.Endpoint("partner", portal.Id, receiver.Url);
        await world.DispatchAsync();
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromMinutes(20));
        await world.Organization(name: "Something that happens");
        await world.DispatchAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(20));
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        await world.DispatchAsync();
        Assert.Empty(receiver.All);
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Equal(asked.Id.ToString(), Assert.Single(receiver.All).Resource);
    }

    /// <summary>Runs while the owner is away move the turn of its endpoint, and not the moment from which trees are new to it.</summary>
    [Fact]
    public async Task A_suspended_partner_is_told_afterwards_of_a_programme_that_came_in_sight_long_before_its_return()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        await portal.Person.Endpoint("partner", portal.Id, receiver.Url);
        world.Clock.Advance(TimeSpan.FromMinutes(20));
        await world.DispatchAsync();
        await world.SetStatus($"/v1/partners/{portal.Id}", "suspended");
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await PassAsync(world);
        await world.SetStatus($"/v1/partners/{portal.Id}", "active");
        await world.DispatchAsync();
        Assert.Equal(asked.Id.ToString(), Assert.Single(receiver.All).Resource);
    }

    [Fact]
    public async Task A_suspended_provider_is_told_afterwards_of_a_programme_that_came_in_sight_long_before_its_return()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var (provider, operating) = await world.Provider("Another Cloud");
        await operating.Endpoint("provider", provider, receiver.Url, "standing-terms.*");
        world.Clock.Advance(TimeSpan.FromMinutes(20));
        await world.DispatchAsync();
        await world.SetStatus($"/v1/providers/{provider}", "suspended");
        var made = (await world.Admin.StandingTerms(scene.Programme, provider)).Expect(HttpStatusCode.Created);
        await PassAsync(world);
        await world.SetStatus($"/v1/providers/{provider}", "active");
        await world.DispatchAsync();
        Assert.Equal(made.Id.ToString(), Assert.Single(receiver.All).Resource);
    }

    /// <summary>It has positions of the trees of which something was sent, and no moment from which others are new to it.</summary>
    [Fact]
    public async Task An_endpoint_of_an_earlier_version_misses_nothing_of_a_tree_of_which_it_was_not_told_yet()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        await world.DispatchAsync();
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromMinutes(40));
        await using var worked = world
            .Services.GetRequiredService<NpgsqlDataSource>()
            .CreateCommand("update webhook_dispatch set begun_until = null, worked_at = $1");
        worked.Parameters.Add(new NpgsqlParameter { Value = world.Now });
        Assert.Equal(1, await worked.ExecuteNonQueryAsync());
        await world.DispatchAsync();
        Assert.Equal(asked.Id.ToString(), Assert.Single(receiver.All).Resource);
    }

    /// <summary>It would send events, fail to log them in a table that is gone, and send the same again.</summary>
    [Fact]
    public async Task A_replica_from_before_deliveries_in_parts_claims_no_endpoint()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        const string Claim =
            "with due as (update webhook_dispatch set leased_by = gen_random_uuid(), leased_until = now() "
            + "returning is_started, replay_from, failing_since, noticed_at) select count(*) from due";
        var failed = await Assert.ThrowsAsync<PostgresException>(() => world.ScalarAsync<long>(Claim));
        Assert.Equal(PostgresErrorCodes.UndefinedColumn, failed.SqlState);
    }

    [Fact]
    public async Task Telling_again_while_a_consent_is_over_brings_back_no_history_when_there_is_another()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var portal = await Portal.EnterAsync(world);
        var consent = await portal.EnrolAsync(scene.Organization, scene.Startup);
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        var path = await portal.Person.Endpoint("partner", portal.Id, receiver.Url);
        await world.DispatchAsync();
        (await scene.Startup.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        (await portal.Person.Post($"{path}/redeliver", new { since = world.Now.AddMinutes(-1) })).Expect(HttpStatusCode.NoContent);
        await world.DispatchAsync();
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        await world.DispatchAsync();
        Assert.Empty(receiver.All);
    }

    /// <summary>Whoever gave a consent may be suspended for a while, and the consent stays. So its partner misses nothing of it.</summary>
    [Fact]
    public async Task A_partner_is_told_after_the_suspension_of_whoever_consented_of_what_waited_and_of_what_happened_meanwhile()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var (other, stranger) = await world.Organization(name: "Another");
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        await portal.EnrolAsync(other, stranger);
        // The endpoint begins after the consents, which change their organizations.
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.Person.Endpoint("partner", portal.Id, receiver.Url, "request.*", "organization.updated");
        await world.DispatchAsync();
        receiver.Answer = (_, _) => 500;
        var waiting = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        receiver.Answer = (_, _) => 200;
        var giver = await SuspendAsync(world, scene.Organization);
        await RenameAsync(world, scene.Organization, "Named anew");
        var seen = (await stranger.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await PassAsync(world);
        Assert.Equal(seen.Id.ToString(), Assert.Single(receiver.Taken).Resource);

        (await world.Admin.Post($"/v1/principals/{giver}/lift-suspension")).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        await world.DispatchAsync();
        Assert.Equal(
            ((string?[])[seen.Id.ToString(), waiting.Id.ToString(), scene.Organization.ToString()]).Order(),
            receiver.Taken.Select(one => one.Resource).Order()
        );
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
    }

    [Fact]
    public async Task A_partner_is_told_nothing_of_a_suspension_when_the_consent_ends_during_it()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var consent = await portal.EnrolAsync(scene.Organization, scene.Startup);
        // The endpoint begins after the consents, which change their organizations.
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.Person.Endpoint("partner", portal.Id, receiver.Url, "organization.updated");
        await world.DispatchAsync();
        var giver = await SuspendAsync(world, scene.Organization);
        await RenameAsync(world, scene.Organization, "Named anew");
        await PassAsync(world);
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
        portal.Person.ForgetToken();
        (await portal.Person.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/principals/{giver}/lift-suspension")).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        await world.DispatchAsync();
        Assert.Empty(receiver.All);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
    }

    [Fact]
    public async Task What_waits_for_the_end_of_a_suspension_waits_no_longer_than_deliveries_are_kept()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback, "--Webhooks:KeepDays=10");
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        // The endpoint begins after the consents, which change their organizations.
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await portal.Person.Endpoint("partner", portal.Id, receiver.Url, "organization.updated");
        await world.DispatchAsync();
        await SuspendAsync(world, scene.Organization);
        await RenameAsync(world, scene.Organization, "Named anew");
        await world.DispatchAsync();
        world.Clock.Advance(TimeSpan.FromDays(9));
        await world.DispatchAsync();
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
        world.Clock.Advance(TimeSpan.FromDays(2));
        await world.DispatchAsync();
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
        Assert.Empty(receiver.All);
    }

    [Fact]
    public async Task A_host_that_has_no_name_in_ASCII_is_refused()
    {
        await using var world = await TestWorld.StartAsync();
        var (organization, owner) = await world.Organization();
        var label = string.Concat(Enumerable.Range(0, 29).Select(i => (char)(0xAC00 + (i * 380))));
        var body = new
        {
            ownerKind = "organization",
            ownerId = organization,
            url = $"https://{label}.org/",
        };
        (await owner.Post("/v1/webhook-endpoints", body)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "url");
        (await owner.Post("/v1/webhook-endpoints", body with { url = "https://웹훅.example.org/" })).Expect(HttpStatusCode.Created);
    }

    /// <summary>Suspends the owner of an organization.</summary>
    private static async Task<Guid> SuspendAsync(TestWorld world, Guid organization)
    {
        var owner = await world.ScalarAsync<Guid>(
            "select principal_id from role_assignments where role = 'organization-owner' and resource_id = $1",
            organization
        );
        (await world.Admin.Post($"/v1/principals/{owner}/suspend", new { reason = "A question" })).Expect(HttpStatusCode.OK);
        return owner;
    }

    private static async Task RenameAsync(TestWorld world, Guid organization, string name)
    {
        var path = $"/v1/organizations/{organization}";
        var present = (await world.Admin.Get(path)).Expect(HttpStatusCode.OK);
        (await world.Admin.Patch(path, new { name }, ("If-Match", present.ETag))).Expect(HttpStatusCode.OK);
    }

    /// <summary>Half an hour, in which something happens and endpoints are looked at. Then another.</summary>
    private static async Task PassAsync(TestWorld world)
    {
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        await world.Organization(name: "Meanwhile");
        await world.DispatchAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        world.Admin.ForgetToken();
    }
}
