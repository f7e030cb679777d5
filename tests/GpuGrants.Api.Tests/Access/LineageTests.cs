using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>A revocation with descendants leaves nothing of what came through a leaked client, whatever the thief did on the way.</summary>
public sealed class LineageTests
{
    [Fact]
    public async Task Identities_of_a_client_that_was_revoked_before_go_with_the_one_that_made_it()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await StartAsync(issuer);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var leaked = await mina.NewClient(world);
        var child = await leaked.NewClient(world);
        (await LinkAsync(world, issuer, child, "thief")).Expect(HttpStatusCode.Created);
        (await leaked.Post($"/v1/clients/{child.ClientId}/revoke")).Expect(HttpStatusCode.OK);
        (await HolderOf(world, issuer, "thief").Get("/v1/me")).Expect(HttpStatusCode.OK);
        var revoked = (await mina.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        Assert.Empty(revoked["revokedWithIt"].AsArray());
        (await HolderOf(world, issuer, "thief").Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task What_a_linked_identity_makes_goes_with_the_client_that_linked_it()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await StartAsync(issuer);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var leaked = await mina.NewClient(world);
        (await LinkAsync(world, issuer, leaked, "thief")).Expect(HttpStatusCode.Created);
        var thief = HolderOf(world, issuer, "thief");
        var made = await thief.NewClient(world);
        var listed = (await mina.Get($"/v1/clients?madeBy={leaked.ClientId}")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(made.ClientId, Assert.Single(listed)!["clientId"]!.GetValue<string>());
        var program = (
            await thief.Post($"/v1/organizations/{organization}/members", new { name = "Nightly", role = "organization-member" })
        ).Expect(HttpStatusCode.Created)["client"];
        var nightly = world.PersonOf(program);
        (await nightly.Get("/v1/me")).Expect(HttpStatusCode.OK);
        (await mina.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        foreach (var gone in (Person[])[made, nightly])
            (await gone.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        (await mina.Get("/v1/me")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_whose_secret_the_leaked_one_renewed_goes_with_it_even_when_it_was_renewed_again()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var leaked = await mina.NewClient(world);
        var others = new[] { await mina.NewClient(world), await mina.NewClient(world), await mina.NewClient(world) };
        var secret = (await leaked.Post($"/v1/clients/{others[0].ClientId}/rotate")).Expect(HttpStatusCode.OK);
        Assert.Equal(leaked.ClientId, secret.Text_("secretMadeBy"));
        var stolen = new Person(world.Http, others[0].ClientId, secret.Text_("clientSecret"), Guid.Empty);
        var child = await stolen.NewClient(world);
        (await leaked.Post($"/v1/clients/{others[1].ClientId}/rotate")).Expect(HttpStatusCode.OK);
        var renewed = (await mina.Post($"/v1/clients/{others[1].ClientId}/rotate")).Expect(HttpStatusCode.OK);
        Assert.Equal(mina.ClientId, renewed.Text_("secretMadeBy"));
        // It renews the one that it came through: a circle, which ends.
        (await child.Post($"/v1/clients/{leaked.ClientId}/rotate")).Expect(HttpStatusCode.OK);
        var revoked = (await mina.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        Assert.Equal(
            new[] { others[0].ClientId, others[1].ClientId, child.ClientId }.Order(StringComparer.Ordinal),
            revoked["revokedWithIt"].AsArray().Select(one => one!.GetValue<string>()).Order(StringComparer.Ordinal)
        );
        (await stolen.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        (await others[2].AskTokenAsync()).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_identity_that_was_linked_again_a_moment_ago_goes_too()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await StartAsync(issuer);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var leaked = await mina.NewClient(world);
        var linked = (await LinkAsync(world, issuer, mina, "thief")).Expect(HttpStatusCode.Created);
        (await mina.Delete($"/v1/me/identities/{linked.Id}")).Expect(HttpStatusCode.NoContent);
        await leaked.TokenAsync();
        var (linking, revoking) = await world.InOneBatchAsync(
            () => LinkAsync(world, issuer, leaked, "thief"),
            () => mina.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")
        );
        linking.Expect(HttpStatusCode.Created);
        revoking.Expect(HttpStatusCode.OK);
        (await HolderOf(world, issuer, "thief").Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [InlineData("by a client")]
    [InlineData("by a client of a client")]
    [InlineData("by a subject that a client linked")]
    public async Task Who_was_linked_carries_out_nothing_on_a_replica_that_still_remembers_it(string how)
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await StartAsync(issuer);
        await using var second = await world.StartSecondAsync([$"--Access:TrustedIssuers:0:Address={issuer.Address}"]);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var leaked = await mina.NewClient(world);
        var by = how == "by a client of a client" ? await leaked.NewClient(world) : leaked;
        (await LinkAsync(world, issuer, by, "thief")).Expect(HttpStatusCode.Created);
        if (how == "by a subject that a client linked")
            (await LinkAsync(world, issuer, HolderOf(world, issuer, "thief"), "again")).Expect(HttpStatusCode.Created);
        var holder = HolderOf(second, issuer, how == "by a subject that a client linked" ? "again" : "thief");
        (await holder.Get("/v1/me")).Expect(HttpStatusCode.OK);
        (await mina.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        (await holder.Post("/v1/clients", new { name = "After" })).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from api_clients where name = 'After'"));
    }

    private static Task<TestWorld> StartAsync(TestIssuer issuer) =>
        TestWorld.StartAsync([.. Mailbox.Settings, $"--Access:TrustedIssuers:0:Address={issuer.Address}"]);

    private static Person HolderOf(TestWorld world, TestIssuer issuer, string subject) =>
        world.Holder(issuer.Token(subject, world.Now.AddHours(1), scope: "read request clients"));

    private static Task<Reply> LinkAsync(TestWorld world, TestIssuer issuer, Person by, string subject) =>
        by.Post("/v1/me/identities", new { token = issuer.Token(subject, world.Now.AddHours(1), scope: "read request clients") });
}
