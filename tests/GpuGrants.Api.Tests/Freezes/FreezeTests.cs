using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Freezes;

public sealed class FreezeTests
{
    [Theory]
    [InlineData("platform", "programme-frozen")]
    [InlineData("programme", "programme-frozen")]
    [InlineData("provider", "offer-not-open")]
    public async Task A_freeze_stops_awards_on_every_replica_until_it_is_lifted(string scope, string code)
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        Guid? resource =
            scope == "platform" ? null
            : scope == "programme" ? scene.Programme
            : scene.Provider;
        Assert.Equal("approved", (await scene.Startup.On(second).Ask(scene.Programme, 1)).Text_("status"));
        var waiting = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        var grant = (await scene.Startup.Ask(scene.Programme, 2)).Text_("grantId");

        var freeze = (
            await world.Admin.Post(
                "/v1/freezes",
                new
                {
                    scope,
                    resourceId = resource,
                    reason = "A leak",
                }
            )
        ).Expect(HttpStatusCode.Created);
        foreach (var startup in (Person[])[scene.Startup, scene.Startup.On(second)])
            Assert.Equal("denied", (await startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("status"));
        (await world.Admin.On(second).Post($"/v1/requests/{waiting.Id}/approve", new { }, ("If-Match", waiting.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            code
        );
        Assert.Equal("active", (await scene.Startup.Get($"/v1/grants/{grant}")).Text_("status"));
        (
            await world.Admin.Post(
                "/v1/freezes",
                new
                {
                    scope,
                    resourceId = resource,
                    reason = "Again",
                }
            )
        ).ExpectProblem(HttpStatusCode.Conflict, "frozen-already");

        (await world.Admin.Post($"/v1/freezes/{freeze.Id}/lift")).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/freezes/{freeze.Id}/lift")).ExpectProblem(HttpStatusCode.Conflict, "not-frozen");
        Assert.Equal("approved", (await scene.Startup.On(second).Ask(scene.Programme, 1)).Text_("status"));
        (await world.Admin.Post($"/v1/requests/{waiting.Id}/approve", new { }, ("If-Match", waiting.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("A leak", (await world.Admin.Get("/v1/freezes"))["data"][0]!["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_freeze_of_a_programme_holds_below_it_and_its_administrator_may_make_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var below = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var elsewhere = await world.Programme(100, terms: new { name = "Elsewhere" });
        var administrator = await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
        (await administrator.Post("/v1/freezes", Body(elsewhere))).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await administrator.Post("/v1/freezes", new { scope = "platform", reason = "x" })).ExpectProblem(
            HttpStatusCode.Forbidden,
            "forbidden"
        );
        var freeze = (await administrator.Post("/v1/freezes", Body(scene.Programme))).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", (await scene.Startup.Ask(below, 1)).Text_("status"));
        Assert.Contains(freeze.Id.ToString(), (await administrator.Get("/v1/freezes")).Text, StringComparison.Ordinal);
        (await administrator.Post($"/v1/freezes/{freeze.Id}/lift")).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Ask(below, 1)).Text_("status"));

        static object Body(Guid programme) =>
            new
            {
                scope = "programme",
                resourceId = programme,
                reason = "We look at it",
            };
    }
}
