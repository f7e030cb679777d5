using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>Whoever used a leaked client to have events sent to an address gets nothing more once the client is revoked.</summary>
public sealed class LeakedClientTests
{
    private const string Mina = "mina@example.org";

    [Fact]
    public async Task Endpoints_whose_address_or_secret_came_through_a_leaked_client_stop_with_all_that_it_made()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, WebhookScenes.Loopback]);
        await using var thief = await Receiver.StartAsync();
        await using var own = await Receiver.StartAsync();
        var scene = await world.Scene();
        var (organization, mina) = await world.SignUpAsync(Mina);
        var leaked = await mina.NewClient(world);
        var child = await leaked.NewClient(world);
        var made = await leaked.Endpoint("organization", organization, thief.Url);
        var moved = await mina.Endpoint("organization", organization, own.Url);
        (await child.Patch(moved, new { url = thief.Url }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var known = await mina.Endpoint("organization", organization, own.Url);
        (await leaked.Post($"{known}/rotate-secret")).Expect(HttpStatusCode.OK);
        var untouched = await mina.Endpoint("organization", organization, own.Url);
        // Only what sets the address or the secret counts.
        (await leaked.Patch(untouched, new { description = "Backups" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal(
            (leaked.ClientId, mina.ClientId),
            ((await mina.Get(known)).Text_("secretMadeBy"), (await mina.Get(known)).Text_("urlSetBy"))
        );

        var revoked = (await mina.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        var named = revoked["disabledWithIt"].AsArray().Select(one => $"/v1/webhook-endpoints/{one!.GetValue<string>()}");
        Assert.Equal(new[] { made, moved, known }.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        foreach (var path in (string[])[made, moved, known])
        {
            var one = (await mina.Get(path)).Expect(HttpStatusCode.OK);
            Assert.Equal("disabled", one.Text_("status"));
            Assert.StartsWith(
                "A client through which its address or its secret came was revoked",
                one.Text_("disabledReason"),
                StringComparison.Ordinal
            );
        }

        var notices = await world.TakeNoticesAsync(Mina);
        Assert.Equal(3, notices.Count(one => one.Subject == "GpuGrants: a webhook endpoint was disabled"));
        Assert.Equal(3, await world.ScalarAsync<long>("select count(*) from events where type = 'webhook-endpoint.disabled'"));
        (await mina.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Empty(thief.All);
        Assert.Single(own.All);
    }

    [Fact]
    public async Task An_endpoint_whose_owner_made_a_new_secret_stops_as_long_as_the_secret_before_signs_too()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync(Mina);
        var leaked = await mina.NewClient(world);
        var recovered = await RecoveredAsync();
        world.Clock.Advance(TimeSpan.FromHours(24));
        mina.ForgetToken();
        leaked.ForgetToken();
        var signed = await RecoveredAsync();
        var revoked = (await mina.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        Assert.Equal(signed, $"/v1/webhook-endpoints/{Assert.Single(revoked["disabledWithIt"].AsArray())}");
        Assert.Equal("active", (await mina.Get(recovered)).Text_("status"));

        async Task<string> RecoveredAsync()
        {
            var made = await leaked.Endpoint("organization", organization, "https://thief.example.org/events");
            (await mina.Patch(made, new { url = "https://hooks.example.org/events" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
            (await mina.Post($"{made}/rotate-secret")).Expect(HttpStatusCode.OK);
            return made;
        }
    }

    [Fact]
    public async Task An_endpoint_that_its_owner_had_disabled_is_named_with_the_reason_so_that_nobody_enables_it_unawares()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync(Mina);
        var leaked = await mina.NewClient(world);
        var moved = await mina.Endpoint("organization", organization, "https://hooks.example.org/events");
        var deleted = await leaked.Endpoint("organization", organization, "https://thief.example.org/deleted");
        (await leaked.Patch(moved, new { url = "https://thief.example.org/events" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await mina.Patch(moved, new { status = "disabled" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await mina.Delete(deleted)).Expect(HttpStatusCode.NoContent);

        var revoked = (await mina.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        var named = Assert.Single(revoked["disabledWithIt"].AsArray())!.GetValue<string>();
        Assert.Equal(moved, $"/v1/webhook-endpoints/{named}");
        var one = (await mina.Get(moved)).Expect(HttpStatusCode.OK);
        Assert.Equal("disabled", one.Text_("status"));
        Assert.StartsWith("A client through which its address", one.Text_("disabledReason"), StringComparison.Ordinal);
        // It was disabled once, by hand.
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from events where type = 'webhook-endpoint.disabled'"));
        var again = (await mina.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        Assert.Empty(again["disabledWithIt"].AsArray());
    }

    [Fact]
    public async Task A_revocation_of_one_client_alone_leaves_its_endpoints_until_the_next_takes_them_along()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync(Mina);
        var leaked = await mina.NewClient(world);
        var made = await leaked.Endpoint("organization", organization, "https://hooks.example.org/events");
        (await mina.Post($"/v1/clients/{leaked.ClientId}/revoke")).Expect(HttpStatusCode.OK);
        Assert.Equal("active", (await mina.Get(made)).Text_("status"));
        var again = (await mina.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        Assert.Single(again["disabledWithIt"].AsArray());
        Assert.Equal("disabled", (await mina.Get(made)).Text_("status"));
    }
}
