using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>Who sees what a provider and a programme have yet to agree on.</summary>
public sealed class OfferSightTests
{
    [Fact]
    public async Task Only_its_two_sides_see_what_is_proposed_waits_or_was_rejected()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (_, rival) = await world.Provider("Rival Cloud");
        var reviewer = await world.Reviewer(scene.Programme);
        var proposed = (await scene.Operator.Propose(scene.Programme, scene.Provider, rate: 3)).Expect(HttpStatusCode.Created);
        var rejected = (await scene.Operator.Propose(scene.Programme, scene.Provider, rate: 9)).Expect(HttpStatusCode.Created);
        await RejectAsync(rejected.Id, "Too dear");
        var open = $"/v1/offers/{scene.Offer}";
        (await scene.Operator.Post($"{open}/rates", new { rate = 7 })).Expect(HttpStatusCode.OK);
        await RejectAsync(scene.Offer, "Not this year");
        (await scene.Operator.Post($"{open}/rates", new { rate = 5 })).Expect(HttpStatusCode.OK);

        foreach (var side in (Person[])[scene.Operator, reviewer, world.Admin])
        {
            Assert.Equal([proposed.Id], await IdsAsync(side, "status=proposed"));
            Assert.Equal([rejected.Id], await IdsAsync(side, "status=rejected"));
            Assert.Equal(new[] { proposed.Id, scene.Offer }.Order(), (await IdsAsync(side, "pending=true")).Order());
            var seen = (await side.Get(open)).Expect(HttpStatusCode.OK);
            Assert.Equal(5, seen["pending"]["rate"]!.GetValue<decimal>());
            Assert.Equal("Not this year", seen.Text_("rejectionReason"));
        }

        foreach (var other in (Person[])[rival, scene.Startup])
        {
            Assert.Equal([scene.Offer], await IdsAsync(other, ""));
            Assert.Empty(await IdsAsync(other, "status=proposed"));
            Assert.Empty(await IdsAsync(other, "status=rejected"));
            Assert.Empty(await IdsAsync(other, "pending=true"));
            Assert.Equal([scene.Offer], await IdsAsync(other, "pending=false"));
            (await other.Get($"/v1/offers/{proposed.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
            var seen = (await other.Get(open)).Expect(HttpStatusCode.OK).Body!.AsObject();
            Assert.DoesNotContain(seen, one => one.Key is "pending" or "rejectionReason" or "standingTermsId");
        }

        // What a grantee gets beside a grant tells no more.
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var expanded = (await scene.Startup.Get($"/v1/requests/{asked.Id}?expand=offer")).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain("\"pending\"", expanded.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Not this year", expanded.Text, StringComparison.Ordinal);

        // Without a token nothing can be asked about what waits either.
        Assert.Empty((await world.ReadAsync("/v1/offers?pending=true")).Expect(HttpStatusCode.OK)["data"].AsArray());
        Assert.Single((await world.ReadAsync("/v1/offers?pending=false")).Expect(HttpStatusCode.OK)["data"].AsArray());

        async Task RejectAsync(Guid offer, string reason) =>
            (await world.Admin.Post($"/v1/offers/{offer}/reject", new { reason }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Administrators_of_a_programme_above_see_what_waits()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var middle = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var below = await world.Programme(parentId: middle, terms: new { ownBudget = false });
        var reviewer = await world.Reviewer(middle);
        var proposed = (await scene.Operator.Propose(below, scene.Provider)).Expect(HttpStatusCode.Created);
        Assert.NotNull((await reviewer.Get($"/v1/offers/{proposed.Id}")).Expect(HttpStatusCode.OK).Body!["pending"]);
        Assert.Equal([proposed.Id], await IdsAsync(reviewer, "pending=true"));
    }

    private static async Task<List<Guid>> IdsAsync(Person person, string query) =>
        [
            .. (await person.Get($"/v1/offers?{query}"))
                .Expect(HttpStatusCode.OK)["data"]
                .AsArray()
                .Select(one => Guid.Parse(one!["id"]!.GetValue<string>())),
        ];
}
