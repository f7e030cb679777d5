using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>A thief frees no client from the lineage of the leaked one, however often he renews secrets in circles.</summary>
public sealed class LaunderedClientTests
{
    private const string Mina = "mina@example.org";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Clients_that_renew_each_other_in_a_circle_stay_in_the_lineage_of_the_one_that_began_it(int length)
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync(Mina);
        var (leaked, apart) = (await mina.NewClient(world), await mina.NewClient(world));
        var circle = new Person[length];
        for (var i = 0; i < length; i++)
            circle[i] = await mina.NewClient(world);
        circle[0] = await RenewAsync(world, leaked, circle[0]);
        for (var i = 0; i < 3 * length; i++)
            circle[(i + 1) % length] = await RenewAsync(world, circle[i % length], circle[(i + 1) % length]);
        var revoked = await RevokeAsync(mina, leaked);
        Assert.Equal(circle.Select(one => one.ClientId).Order(StringComparer.Ordinal), revoked);
        foreach (var one in circle)
            (await one.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        foreach (var one in (Person[])[mina, apart])
            (await one.AskTokenAsync()).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_renewal_by_the_owner_does_not_end_it_while_the_secret_before_still_works()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync(Mina);
        var (leaked, other) = (await mina.NewClient(world), await mina.NewClient(world));
        var stolen = await RenewAsync(world, leaked, other);
        for (var i = 0; i < 2; i++)
            stolen = await RenewAsync(world, stolen, stolen);
        await RenewAsync(world, mina, other);
        // The thief goes on with the secret before, and counts as if nobody had renewed it.
        stolen = await RenewAsync(world, stolen, stolen);
        await RenewAsync(world, mina, other);
        Assert.Equal([other.ClientId], await RevokeAsync(mina, leaked));
        (await stolen.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task What_the_owner_renewed_twice_or_a_mailed_code_did_stays()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync(Mina);
        var leaked = await mina.NewClient(world);
        var others = new[] { await mina.NewClient(world), await mina.NewClient(world), await mina.NewClient(world) };
        foreach (var other in others)
        {
            var stolen = await RenewAsync(world, leaked, other);
            for (var i = 0; i < 2; i++)
                stolen = await RenewAsync(world, stolen, stolen);
        }

        for (var i = 0; i < 2; i++)
        {
            others[0] = await RenewAsync(world, mina, others[0]);
            others[1] = await RecoverAsync(world, others[1]);
        }

        Assert.Equal([others[2].ClientId], await RevokeAsync(mina, leaked));
        foreach (var kept in others[..2])
            (await kept.AskTokenAsync()).Expect(HttpStatusCode.OK);
    }

    private static async Task<string[]> RevokeAsync(Person by, Person leaked)
    {
        var revoked = (await by.Post($"/v1/clients/{leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        return [.. revoked["revokedWithIt"].AsArray().Select(one => one!.GetValue<string>()).Order(StringComparer.Ordinal)];
    }

    private static async Task<Person> RenewAsync(TestWorld world, Person by, Person client)
    {
        var renewed = (await by.Post($"/v1/clients/{client.ClientId}/rotate")).Expect(HttpStatusCode.OK);
        Assert.Equal(by.ClientId, renewed.Text_("secretMadeBy"));
        return new Person(world.Http, client.ClientId, renewed.Text_("clientSecret"), Guid.Empty);
    }

    private static async Task<Person> RecoverAsync(TestWorld world, Person client)
    {
        var begun = (await world.CallAsync("/v1/recoveries", new { email = Mina })).Expect(HttpStatusCode.Accepted);
        var body = new { code = await world.ReadCodeAsync(Mina), clientId = client.ClientId };
        var renewed = (await world.CallAsync($"/v1/recoveries/{begun.Id}/confirm", body)).Expect(HttpStatusCode.OK);
        return new Person(world.Http, client.ClientId, renewed["client"]["clientSecret"]!.GetValue<string>(), Guid.Empty);
    }
}
