using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Grants;

/// <summary><c>expand</c> opens no door: whoever reads it reads each of these resources by itself too.</summary>
public sealed class ExpansionTests
{
    [Fact]
    public async Task An_expansion_shows_exactly_what_its_reader_may_read_by_itself()
    {
        await using var world = await TestWorld.StartAsync();
        await world.GpuModel();
        var above = await world.Programme(1_000);
        var below = await world.Programme(parentId: above, terms: new { ownBudget = false });
        var (provider, @operator) = await world.Provider();
        var offer = await @operator.Offer(above, provider);
        var (organization, owner) = await world.Organization();
        var asked = (await owner.Ask(below, 1)).Expect(HttpStatusCode.Created);
        var paths = new Dictionary<string, string>
        {
            ["organization"] = $"/v1/organizations/{organization}",
            ["programme"] = $"/v1/programmes/{below}",
            ["offer"] = $"/v1/offers/{offer}",
            ["grant"] = $"/v1/grants/{asked.Text_("grantId")}",
        };
        foreach (var programme in (Guid[])[above, below])
            (await world.Admin.Patch($"/v1/programmes/{programme}", new { visibility = "private" }, Person.AnyVersion)).Expect(
                HttpStatusCode.OK
            );
        Person[] readers = [owner, @operator, await world.Reviewer(above), await world.Reviewer(below), world.Admin];
        var hidden = new HashSet<string>();
        foreach (var reader in readers)
        foreach (
            var (list, id, words) in ((string, string, string[])[])
                [
                    ("/v1/requests", asked.Id.ToString(), ["organization", "programme", "offer", "grant"]),
                    ("/v1/grants", asked.Text_("grantId"), ["organization", "programme", "offer"]),
                ]
        )
        {
            var expand = $"expand={string.Join(',', words)}";
            var one = await reader.Get($"{list}/{id}?{expand}");
            if (one.Status == HttpStatusCode.NotFound)
                continue;
            var listed = (await reader.Get($"{list}?{expand}")).Expect(HttpStatusCode.OK)["data"].AsArray();
            foreach (var shown in (JsonNode[])[one.Expect(HttpStatusCode.OK).Body!, Assert.Single(listed)!])
            foreach (var word in words)
            {
                var may = await reader.Get(paths[word]) is { Status: HttpStatusCode.OK };
                Assert.Equal((list, word, may), (list, word, shown[word] is not null));
                if (!may)
                    hidden.Add(word);
            }
        }

        Assert.Equal(["offer", "organization", "programme"], hidden.Order(StringComparer.Ordinal));
    }
}
