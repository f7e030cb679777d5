using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

public sealed class SuspensionTests
{
    private static readonly object Reason = new { reason = "Sold the time on" };

    [Fact]
    public async Task A_suspended_person_acts_no_more_through_any_principal_until_it_is_lifted()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var helper = await world.Member($"/v1/organizations/{organization}/members", "organization-member", by: mina);
        (await helper.Get("/v1/me")).Expect(HttpStatusCode.OK);

        // Suspending a helper suspends the person behind it.
        (await world.Admin.Post($"/v1/principals/{helper.PrincipalId}/suspend", Reason)).Expect(HttpStatusCode.OK);
        foreach (var one in (Person[])[mina, helper])
        {
            (await one.Get("/v1/me")).Expect(HttpStatusCode.Unauthorized);
            (await one.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        }

        (await world.ConfirmSignUpAsync("mina@example.org", "Again")).ExpectProblem(HttpStatusCode.Forbidden, "person-suspended");
        (await world.CallAsync("/v1/recoveries", new { email = "mina@example.org" })).Expect(HttpStatusCode.Accepted);
        await world.ExpectNoMailAsync("mina@example.org");
        (await world.Admin.Post($"/v1/principals/{mina.PrincipalId}/lift-suspension")).Expect(HttpStatusCode.OK);
        (await mina.Get("/v1/me")).Expect(HttpStatusCode.OK);
        (await helper.Get("/v1/me")).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/principals/{mina.PrincipalId}/lift-suspension")).ExpectProblem(
            HttpStatusCode.Conflict,
            "not-suspended"
        );
        (await world.Admin.Post($"/v1/principals/{Guid.NewGuid()}/suspend", Reason)).ExpectProblem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_suspension_counts_although_somebody_changed_their_own_data_at_the_same_moment()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var (_, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        await mina.TokenAsync();
        var (changing, suspending) = await world.InOneBatchAsync(
            () => mina.Patch("/v1/me", new { birthYear = 1990 }, Person.AnyVersion),
            () => world.Admin.Post($"/v1/principals/{ravi.PrincipalId}/suspend", Reason)
        );
        changing.Expect(HttpStatusCode.OK);
        suspending.Expect(HttpStatusCode.OK);
        (await ravi.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Nothing_that_a_person_makes_at_the_moment_of_the_suspension_acts_for_them_afterwards()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        (await mina.Get("/v1/me")).Expect(HttpStatusCode.OK);
        Task<Reply> ProgramAsync(int i) =>
            mina.Post($"/v1/organizations/{organization}/members", new { name = $"Program {i}", role = "organization-member" });
        var calls = await Task.WhenAll([
            .. Enumerable.Range(0, 8).Select(ProgramAsync),
            world.Admin.Post($"/v1/principals/{mina.PrincipalId}/suspend", Reason),
            .. Enumerable.Range(8, 8).Select(ProgramAsync),
        ]);
        calls[8].Expect(HttpStatusCode.OK);
        foreach (var made in calls.Where(one => one.Status == HttpStatusCode.Created))
        {
            var program = world.PersonOf(made["client"]);
            (await program.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task An_organization_is_suspended_with_its_owners_and_comes_back_with_them()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (_, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        (await world.JoinAsync(mina, "ravi@example.org", "organization-member", organization)).Expect(HttpStatusCode.Created);
        var stopped = (await world.Admin.Post($"/v1/organizations/{organization}/suspend", Reason)).Expect(HttpStatusCode.OK);
        Assert.Equal(mina.PrincipalId.ToString(), Assert.Single(stopped["personIds"].AsArray())!.GetValue<string>());
        (await mina.Get("/v1/me")).Expect(HttpStatusCode.Unauthorized);
        (await ravi.Get("/v1/me")).Expect(HttpStatusCode.OK);
        Assert.Equal("suspended", (await ravi.Get($"/v1/organizations/{organization}")).Text_("status"));

        // Another suspension of the person stays when the organization's is lifted.
        (await world.Admin.Post($"/v1/principals/{mina.PrincipalId}/suspend", Reason)).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/organizations/{organization}/lift-suspension")).Expect(HttpStatusCode.OK);
        Assert.Equal("active", (await ravi.Get($"/v1/organizations/{organization}")).Text_("status"));
        (await mina.Get("/v1/me")).Expect(HttpStatusCode.Unauthorized);
        (await world.Admin.Post($"/v1/principals/{mina.PrincipalId}/lift-suspension")).Expect(HttpStatusCode.OK);
        (await mina.Get("/v1/me")).Expect(HttpStatusCode.OK);
    }

    /// <summary>A batch reads organizations and callers, and then it may wait for the counters.</summary>
    [Theory]
    [InlineData("suspends the organization")]
    [InlineData("suspends the person")]
    [InlineData("sets the organization's status")]
    public async Task Nothing_is_granted_once_a_suspension_is_acknowledged_whatever_a_batch_read_before(string how)
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        await world.Policy(null, Scenes.Lifetime("100"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        var person = await world.ScalarAsync<Guid>("select owner_ids[1] from organizations where id = $1", scene.Organization);
        Task<Reply> SuspendAsync() =>
            how switch
            {
                "suspends the organization" => world.Admin.Post($"/v1/organizations/{scene.Organization}/suspend", Reason),
                "suspends the person" => world.Admin.Post($"/v1/principals/{person}/suspend", Reason),
                _ => world.Admin.Patch($"/v1/organizations/{scene.Organization}", new { status = "suspended" }, Person.AnyVersion),
            };
        Task<Reply> asking;
        Task<Reply> suspending;
        await using (await world.Locked(scene.Organization))
        {
            asking = scene.Startup.On(second).Ask(scene.Programme, 1);
            await world.UntilBlocked();
            suspending = SuspendAsync();
            await Task.WhenAny(suspending, world.UntilBlocked(2));
            Assert.False(suspending.IsCompleted, "The suspension was acknowledged before a batch that knew nothing of it was over.");
        }

        Assert.Equal("approved", (await asking).Text_("status"));
        (await suspending).Expect(HttpStatusCode.OK);
        Assert.NotEqual("approved", (await scene.Startup.Ask(scene.Programme, 1)).Body?["status"]?.ToString());
    }

    [Fact]
    public async Task Nobody_suspends_themselves_and_only_administrators_suspend()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var me = (await world.Admin.Get("/v1/me")).Text_("principalId");
        (await world.Admin.Post($"/v1/principals/{me}/suspend", Reason)).ExpectProblem(HttpStatusCode.Conflict, "own-role");
        (await mina.Post($"/v1/organizations/{organization}/suspend", Reason)).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        (await world.Admin.Post($"/v1/principals/{mina.PrincipalId}/suspend", new { })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "reason"
        );
    }
}
