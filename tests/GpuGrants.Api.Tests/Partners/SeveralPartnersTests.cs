using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>Somebody of several partners acts by the consent that the call is for.</summary>
public sealed class SeveralPartnersTests
{
    [Fact]
    public async Task A_token_acts_by_the_consent_for_which_it_was_exchanged()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (first, second) = (await Portal.EnterAsync(world), await Portal.EnterAsync(world, "Second portal"));
        (await world.Admin.Post($"/v1/partners/{second.Id}/members", new { principalId = first.Person.PrincipalId })).Expect(
            HttpStatusCode.Created
        );
        var reads = await first.EnrolAsync(scene.Organization, scene.Startup, ["read"]);
        var asks = await (second with { Person = first.Person }).EnrolAsync(scene.Organization, scene.Startup);
        var asking = await ByAsync(asks);
        var asked = (await asking.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        Assert.Equal(second.Id, await world.ScalarAsync<Guid>("select partner_id from requests where id = $1", asked.Id));
        var reading = await ByAsync(reads);
        (await reading.Get("/v1/grants")).Expect(HttpStatusCode.OK);
        (await reading.Ask(scene.Programme, 1)).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        // The header names no partner: the consent that lets do more is meant.
        (await first.Person.Ask(scene.Programme, 1, null, Portal.For(scene.Organization))).Expect(HttpStatusCode.Created);
        // A consent that ended is not stood in for by another partner's.
        (await scene.Startup.Post($"/v1/consents/{asks}/end")).Expect(HttpStatusCode.OK);
        (await asking.Get("/v1/grants")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await reading.Get("/v1/grants")).Expect(HttpStatusCode.OK);

        async Task<Person> ByAsync(Guid consent) =>
            first.Person.WithToken((await first.ExchangeAsync(world, consent.ToString())).Expect(HttpStatusCode.OK).Text_("access_token"));
    }
}
