using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Terms;

public sealed class TermsTests
{
    [Fact]
    public async Task Whoever_asks_has_accepted_the_terms_in_force()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var below = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        Assert.Equal("approved", (await scene.Startup.On(second).Ask(below, 1)).Text_("status"));
        var first = (await PublishAsync(world, scene.Programme)).Expect(HttpStatusCode.Created);
        foreach (var startup in (Person[])[scene.Startup, scene.Startup.On(second)])
        {
            var refused = await startup.Ask(below, 1);
            refused.ExpectProblem(HttpStatusCode.Forbidden, "terms-not-accepted");
            Assert.Contains($"/v1/terms/{first.Id}", refused.Text_("detail"), StringComparison.Ordinal);
        }

        var read = await world.ReadAsync($"/v1/terms/{first.Id}");
        Assert.Equal("Be kind.", read.Expect(HttpStatusCode.OK).Text_("text"));
        (await scene.Startup.Post($"/v1/terms/{first.Id}/accept")).Expect(HttpStatusCode.OK);
        var again = (await scene.Startup.Post($"/v1/terms/{first.Id}/accept")).Expect(HttpStatusCode.OK);
        Assert.Equal(first.Id.ToString(), again.Text_("termsId"));
        Assert.Equal("approved", (await scene.Startup.Ask(below, 1)).Text_("status"));

        world.Clock.Advance(TimeSpan.FromSeconds(1));
        // A new version has to be accepted anew, and the old one no longer can be.
        var next = (await PublishAsync(world, scene.Programme)).Expect(HttpStatusCode.Created);
        Assert.Equal(2, (int)next.Number("number"));
        (await scene.Startup.Ask(below, 1)).ExpectProblem(HttpStatusCode.Forbidden, "terms-not-accepted");
        (await world.Admin.Post($"/v1/terms/{first.Id}/accept")).ExpectProblem(HttpStatusCode.Conflict, "terms-ended");
        (await scene.Startup.Post($"/v1/terms/{next.Id}/accept")).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Ask(below, 1)).Text_("status"));
        var list = (await world.ReadAsync($"/v1/terms?programmeId={scene.Programme}")).Expect(HttpStatusCode.OK);
        Assert.Equal([true, false], list["data"].AsArray().Select(one => one!["inForce"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task Whoever_signs_up_accepts_the_terms_of_the_platform_in_force()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var terms = (await PublishAsync(world, null)).Expect(HttpStatusCode.Created);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        Assert.Equal("approved", (await mina.Ask(scene.Programme, 1)).Text_("status"));
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from term_acceptances where terms_id = $1", terms.Id));
        (await scene.Startup.Ask(scene.Programme, 1)).ExpectProblem(HttpStatusCode.Forbidden, "terms-not-accepted");
        var again = (await world.ConfirmSignUpAsync("mina@example.org", "Second")).Expect(HttpStatusCode.Created);
        Assert.Equal(mina.PrincipalId.ToString(), again["person"]["id"]!.GetValue<string>());
    }

    private static Task<Reply> PublishAsync(TestWorld world, Guid? programme) =>
        world.Admin.Post(
            "/v1/terms",
            new
            {
                programmeId = programme,
                title = "Terms of use",
                text = "Be kind.",
            }
        );
}
