using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>A request that names no programme.</summary>
public sealed class ProgrammeChoiceTests
{
    [Fact]
    public async Task Ten_empty_programmes_do_not_hide_the_eleventh()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 0);
        for (var i = 0; i < 9; i++)
            await scene.Operator.Offer(await Later(world, 0), scene.Provider);
        var rich = await Later(world, 100);
        await scene.Operator.Offer(rich, scene.Provider);
        var answer = await Ask(scene, 20);
        Assert.Equal(("approved", rich), (answer.Text_("status"), Guid.Parse(answer.Text_("programmeId"))));
        Assert.Equal((11, 1, false), ChoiceOf(answer));
    }

    [Fact]
    public async Task Only_the_programme_that_approves_records_the_request()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("10")]);
        var referring = await Later(world, 100);
        await scene.Operator.Offer(referring, scene.Provider);
        await world.Policy(referring, Scenes.PerRequest("10"));
        var approving = await Later(world, 100);
        await scene.Operator.Offer(approving, scene.Provider);
        // What the two others have counted and written so far: their signatures are stored with their first decision.
        await scene.Startup.Ask(scene.Programme, 1);
        await scene.Startup.Ask(referring, 1);
        var before = await Rows(world, approving);
        var answer = await Ask(scene, 20);
        Assert.Equal(("approved", approving), (answer.Text_("status"), Guid.Parse(answer.Text_("programmeId"))));
        Assert.Equal(3, answer["choice"]["decided"]!.GetValue<int>());
        Assert.Equal(before, await Rows(world, approving));
    }

    [Fact]
    public async Task When_no_programme_approves_the_first_that_refers_to_a_person_does()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("10")]);
        var first = await Later(world, 100);
        var second = await Later(world, 100);
        foreach (var programme in (Guid[])[first, second])
        {
            await scene.Operator.Offer(programme, scene.Provider);
            await world.Policy(programme, Scenes.PerRequest("10"));
        }

        var answer = await Ask(scene, 20);
        Assert.Equal(("in-review", first), (answer.Text_("status"), Guid.Parse(answer.Text_("programmeId"))));
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from requests"));
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from decisions"));
    }

    [Fact]
    public async Task When_every_programme_denies_the_first_denial_alone_is_recorded()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("10")]);
        var other = await Later(world, 100);
        await scene.Operator.Offer(other, scene.Provider);
        await world.Policy(other, Scenes.PerMonth("10"));
        var answer = await Ask(scene, 20);
        Assert.Equal(("denied", scene.Programme), (answer.Text_("status"), Guid.Parse(answer.Text_("programmeId"))));
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from requests"));
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from quota_facts where root_programme_id = $1", other));
    }

    [Fact]
    public async Task At_most_twenty_programmes_decide_and_the_answer_says_so()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await world.Policy(null, Scenes.PerMonth("10"));
        for (var i = 0; i < 20; i++)
            await scene.Operator.Offer(await Later(world, 100), scene.Provider);
        foreach (var query in (string[])["?dryRun=true", ""])
        {
            var answer = await Ask(scene, 20, query);
            Assert.Equal("denied", answer.Text_("status"));
            Assert.Equal((21, 20, true), ChoiceOf(answer));
        }
    }

    [Fact]
    public async Task A_repeated_key_keeps_the_programme_that_was_chosen_first()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 5);
        var denied = await Ask(scene, 20, "", ("Idempotency-Key", "once"));
        Assert.Equal("denied", denied.Text_("status"));
        var rich = await Later(world, 100);
        await scene.Operator.Offer(rich, scene.Provider);
        var again = await Ask(scene, 20, "", ("Idempotency-Key", "once"));
        Assert.Equal(denied.Text, again.Text);
        Assert.True(again.IsReplay);
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from requests"));
    }

    [Fact]
    public async Task Sold_out_offers_do_not_count_among_the_offers_tried()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 0);
        for (var i = 0; i < 16; i++)
            await scene.Operator.Offer(scene.Programme, scene.Provider, capacity: 0);
        var left = await scene.Operator.Offer(scene.Programme, scene.Provider, rate: 2);
        var answer = await scene.Startup.Ask(scene.Programme, 20);
        Assert.Equal("approved", answer.Text_("status"));
        Assert.Equal(left.ToString(), answer["grant"]["offerId"]!.GetValue<string>());
        // An amendment and a denial find the same offers.
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 2_000)).Text_("status"));
    }

    private static (int Eligible, int Decided, bool LimitReached) ChoiceOf(Reply answer)
    {
        var choice = answer["choice"];
        return (choice["eligible"]!.GetValue<int>(), choice["decided"]!.GetValue<int>(), choice["limitReached"]!.GetValue<bool>());
    }

    /// <summary>A programme that is younger than all that are there: the oldest are tried first.</summary>
    private static Task<Guid> Later(TestWorld world, decimal credits)
    {
        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        return world.Programme(credits);
    }

    private static async Task<Reply> Ask(Scene scene, decimal gpuHours, string query = "", params (string, string)[] headers) =>
        (await scene.Startup.Post("/v1/requests" + query, new { gpuHours, purpose = "Try" }, headers)).Expect(
            query.Length > 0 ? HttpStatusCode.OK : HttpStatusCode.Created
        );

    /// <summary>Every row that a decision writes, in all trees but one; the trees' versions with them.</summary>
    private static Task<string> Rows(TestWorld world, Guid except) =>
        world.ScalarAsync<string>(
            """
            select concat_ws(' ', (select count(*) from requests where root_programme_id <> $1),
                (select count(*) from decisions where root_programme_id <> $1), (select count(*) from events where root_programme_id <> $1),
                (select count(*) from transfers where root_programme_id <> $1), (select count(*) from quota_facts where root_programme_id <> $1),
                (select md5(string_agg(c::text, ' ' order by c::text)) from subject_counters c where root_programme_id <> $1),
                (select string_agg(version::text, ',' order by root_programme_id) from programme_trees where root_programme_id <> $1))
            """,
            except
        );
}
