using System.Net;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Programmes;

/// <summary>What comes back to an ended programme flows on, and ending a programme ends those below it.</summary>
public sealed class EndedProgrammeTests
{
    [Fact]
    public async Task What_a_grant_of_an_ended_programme_returns_goes_to_the_nearest_programme_above_that_has_not_ended()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100);
        var middle = await world.Programme(0, scene.Programme);
        var leaf = await world.Programme(50, middle);
        var grant = (await scene.Startup.Ask(leaf, 20)).Text_("grantId");
        await EndAsync(world, middle);
        Assert.Equal(130, await world.Balance(scene.Programme, "budget"));
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal(150, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(0, await world.Balance(leaf, "budget"));
    }

    [Fact]
    public async Task What_comes_back_when_all_have_ended_is_breakage()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100);
        var grant = (await scene.Startup.Ask(scene.Programme, 20)).Text_("grantId");
        await EndAsync(world, scene.Programme);
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal(0, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(100, await world.Balance(scene.Programme, "breakage"));
    }

    [Theory]
    [InlineData("deny")]
    [InlineData("withdraw")]
    [InlineData("expire")]
    public async Task What_a_review_held_in_an_ended_programme_flows_on(string how)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100, rules: Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var below = await world.Programme(60, scene.Programme);
        var asked = await scene.Startup.Ask(below, 40);
        Assert.Equal("in-review", asked.Text_("status"));
        await EndAsync(world, below);
        Assert.Equal(120, await world.Balance(scene.Programme, "budget"));
        if (how == "deny")
            (await reviewer.Post($"/v1/requests/{asked.Id}/deny", new { reason = "It has ended" }, ("If-Match", asked.ETag))).Expect(
                HttpStatusCode.OK
            );
        else if (how == "withdraw")
            (await scene.Startup.Post($"/v1/requests/{asked.Id}/withdraw")).Expect(HttpStatusCode.OK);
        else
            await world.PassAsync(TimeSpan.FromDays(8), scene.Startup);
        Assert.Equal(160, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(0, await world.Balance(below, "budget"));
    }

    [Fact]
    public async Task Ending_a_programme_ends_all_below_it_in_the_same_act()
    {
        await using var world = await TestWorld.StartAsync();
        var root = await world.Programme(100);
        var middle = await world.Programme(10, root);
        var leaf = await world.Programme(5, middle);
        var shared = await world.Programme(0, middle, new { ownBudget = false });
        var beside = await world.Programme(7, root);
        await EndAsync(world, middle);
        foreach (var id in (Guid[])[middle, leaf, shared])
            Assert.Equal("ended", (await world.Admin.Get($"/v1/programmes/{id}")).Text_("status"));
        Assert.Equal("active", (await world.Admin.Get($"/v1/programmes/{beside}")).Text_("status"));
        Assert.Equal(115, await world.Balance(root, "budget"));
        Assert.Equal(3, await world.ScalarAsync<long>("select count(*) from events where type = 'programme.ended'"));
        (await world.Admin.Post($"/v1/programmes/{leaf}/end")).ExpectProblem(HttpStatusCode.Conflict, "programme-ended", "status");
    }

    [Fact]
    public async Task A_grant_that_is_closed_while_its_programme_ends_strands_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100);
        var below = await world.Programme(60, scene.Programme);
        var grants = new List<string>();
        for (var i = 0; i < 6; i++)
            grants.Add((await scene.Startup.Ask(below, 10)).Text_("grantId"));
        Task[] calls =
        [
            .. grants[..3].Select(grant => scene.Startup.Post($"/v1/grants/{grant}/close")),
            world.Admin.Post($"/v1/programmes/{below}/end"),
            .. grants[3..].Select(grant => scene.Startup.Post($"/v1/grants/{grant}/close")),
        ];
        await Task.WhenAll(calls);
        Assert.Equal((160m, 0m), (await world.Balance(scene.Programme, "budget"), await world.Balance(below, "budget")));
    }

    [Fact]
    public async Task The_database_keeps_nothing_open_below_an_ended_programme()
    {
        await using var world = await TestWorld.StartAsync();
        var root = await world.Programme();
        var below = await world.Programme(parentId: root);
        await EndAsync(world, root);
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            world.ScalarAsync<string>("update programmes set status = 'active' where id = $1 returning status", below)
        );
        Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
    }

    private static async Task EndAsync(TestWorld world, Guid programme) =>
        (await world.Admin.Post($"/v1/programmes/{programme}/end")).Expect(HttpStatusCode.OK);
}
