using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Organizations;

public sealed class ClosedOrganizationTests
{
    [Fact]
    public async Task What_changes_no_status_waits_for_no_batch_at_work()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        await world.Policy(null, Scenes.Lifetime("100"));
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var closed = (await world.Organization(name: "Closed")).Id;
        (await world.Admin.Post($"/v1/organizations/{closed}/close")).Expect(HttpStatusCode.OK);
        var other = (await world.Organization(name: "Other")).Id;
        var partner = (await world.Admin.Post("/v1/partners", new { name = "Portal" })).Expect(HttpStatusCode.Created).Id;
        var freeze = new
        {
            scope = "programme",
            resourceId = await world.Programme(),
            reason = "An audit",
        };
        (await world.Admin.Post("/v1/freezes", freeze)).Expect(HttpStatusCode.Created);
        Task<Reply> asking;
        await using (await world.Locked(scene.Organization))
        {
            asking = scene.Startup.On(second).Ask(scene.Programme, 1);
            await world.UntilBlocked();
            await AnswersAsync(world.Admin.Post($"/v1/organizations/{closed}/close"), HttpStatusCode.Conflict);
            await AnswersAsync(world.Admin.Post($"/v1/organizations/{closed}/suspend", new { reason = "No" }), HttpStatusCode.Conflict);
            await AnswersAsync(world.Admin.Post("/v1/freezes", freeze), HttpStatusCode.Conflict);
            foreach (var path in (string[])[$"/v1/organizations/{other}", $"/v1/partners/{partner}"])
                await AnswersAsync(world.Admin.Patch(path, new { status = "active" }, Person.AnyVersion), HttpStatusCode.OK);
        }

        (await asking).Expect(HttpStatusCode.Created);

        // Whoever needs to be alone waits here for as long as the tree is locked.
        static async Task AnswersAsync(Task<Reply> call, HttpStatusCode status) =>
            (await call.WaitAsync(TimeSpan.FromSeconds(30))).Expect(status);
    }

    [Fact]
    public async Task Nobody_changes_joins_or_acts_for_an_organization_that_is_closed()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (owner, id) = (scene.Startup, scene.Organization);
        var path = $"/v1/organizations/{id}";
        var project = (await owner.Post($"{path}/projects", new { name = "Speech" })).Expect(HttpStatusCode.Created);
        var limits = new
        {
            level = "member",
            measure = "gpu-hours-granted",
            window = "month",
            limit = 5,
        };
        var limit = (await owner.Post($"{path}/limits", limits)).Expect(HttpStatusCode.Created);
        var grant = (await owner.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("grantId");
        (await owner.Post($"{path}/close")).Expect(HttpStatusCode.OK);
        // Looking for a domain counts as a call, whatever comes of it.
        (await owner.Post($"{path}/domain-proofs", new { domain = "hangang.example" })).ExpectProblem(
            HttpStatusCode.Conflict,
            "organization-closed"
        );
        var before = await world.FingerprintAsync();
        var verification = new { level = "identity", evidence = "The register" };
        (string Path, object Body)[] calls =
        [
            ($"{path}/members", new { name = "New member" }),
            ($"{path}/projects", new { name = "Vision" }),
            ($"{path}/limits", limits),
            ($"{path}/consents", new { scopes = (string[])["read"] }),
            ($"{path}/verifications", verification),
            ($"{path}/close", new { }),
        ];
        foreach (var (to, body) in calls)
        foreach (var by in (Person[])[owner, world.Admin])
        {
            var refused = await by.Post(to, body);
            if (refused.Status == HttpStatusCode.Forbidden)
                continue;
            Assert.True(
                refused.Status == HttpStatusCode.Conflict && refused.Code is "organization-not-active" or "organization-closed",
                $"{to}: {refused.Text}"
            );
        }

        foreach (
            var (to, change) in ((string, object)[])
                [
                    (path, new { name = "Renamed" }),
                    ($"{path}/projects/{project.Id}", new { name = "Renamed" }),
                    ($"{path}/limits/{limit.Id}", new { limit = 6 }),
                ]
        )
        {
            var refused = (await owner.Patch(to, change, Person.AnyVersion)).Expect(HttpStatusCode.Conflict);
            Assert.True(refused.Code is "organization-not-active" or "organization-closed", refused.Text);
        }

        foreach (var by in (Person[])[owner, world.Admin])
            (
                await by.Post(
                    "/v1/invitations",
                    new
                    {
                        email = "jisoo@example.org",
                        role = "organization-member",
                        resourceId = id,
                    }
                )
            ).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        Assert.Equal(before, await world.FingerprintAsync());

        // What it was granted is used up or given back.
        (await owner.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        (await owner.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
    }
}
