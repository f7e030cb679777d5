using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>Many callers at once over HTTP, on one service and on two that share a database.</summary>
public sealed class ConcurrencyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Of_200_who_want_the_last_of_a_budget_exactly_the_affordable_ones_get_it(int services)
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = services == 2 ? await world.StartSecondAsync() : null;
        var scene = await world.Scene(credits: 17);
        Person[] doors = [scene.Startup, second is null ? scene.Startup : scene.Startup.On(second)];
        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => doors[i % 2].Ask(scene.Programme, 1)));
        Assert.All(replies, reply => reply.Expect(HttpStatusCode.Created));
        Assert.Equal(17, replies.Count(reply => reply.Text_("status") == "approved"));
        Assert.All(
            replies.Where(reply => reply.Text_("status") != "approved"),
            reply => Assert.Equal("budget-exhausted", reply["decision"]["reasons"]![0]!["code"]!.GetValue<string>())
        );
        Assert.Equal(0, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(
            (17L, 200L),
            (await world.ScalarAsync<long>("select count(*) from grants"), await world.ScalarAsync<long>("select count(*) from requests"))
        );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_same_key_sent_50_times_at_once_is_one_grant_and_49_repetitions(int services)
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = services == 2 ? await world.StartSecondAsync() : null;
        var scene = await world.Scene();
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        Person[] doors = [scene.Startup, second is null ? scene.Startup : scene.Startup.On(second)];
        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => doors[i % 2].Ask(scene.Programme, 3, null, key)));
        Assert.All(replies, reply => reply.Expect(HttpStatusCode.Created));
        Assert.Single(replies.Select(reply => reply.Text).Distinct());
        Assert.Equal(49, replies.Count(reply => reply.IsReplay));
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from grants"));
        Assert.Equal(997, await world.Balance(scene.Programme, "budget"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_key_used_for_another_body_or_query_is_refused_and_changes_nothing(int services)
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = services == 2 ? await world.StartSecondAsync() : null;
        var scene = await world.Scene();
        var key = ("Idempotency-Key", "\"one\"");
        await scene.Startup.Ask(scene.Programme, 3, null, key);
        var before = await world.FingerprintAsync();
        var elsewhere = second is null ? scene.Startup : scene.Startup.On(second);
        (await elsewhere.Ask(scene.Programme, 4, null, key)).ExpectProblem(
            HttpStatusCode.UnprocessableEntity,
            "idempotency-key-reused",
            "Idempotency-Key"
        );
        Assert.True((await elsewhere.Ask(scene.Programme, 3, null, ("Idempotency-Key", "one"))).IsReplay);
        Assert.Equal(before, await world.FingerprintAsync());
        var (_, other) = await world.Organization(name: "Another");
        Assert.False((await other.Ask(scene.Programme, 3, null, key)).Expect(HttpStatusCode.Created).IsReplay);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Of_two_reviewers_at_once_one_wins_and_the_other_is_told_that_it_changed(int services)
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = services == 2 ? await world.StartSecondAsync() : null;
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        Person[] reviewers = [await world.Reviewer(scene.Programme), await world.Reviewer(scene.Programme)];
        if (second is not null)
            reviewers[1] = reviewers[1].On(second);
        for (var round = 0; round < 10; round++)
        {
            var asked = await scene.Startup.Ask(scene.Programme, 40);
            var replies = await Task.WhenAll(
                reviewers.Select(reviewer => reviewer.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag)))
            );
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.PreconditionFailed], replies.Select(reply => reply.Status).Order());
        }

        Assert.Equal(10L, await world.ScalarAsync<long>("select count(*) from grants"));
        Assert.Equal(600, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task A_change_needs_the_version_that_was_read()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var path = $"/v1/organizations/{scene.Organization}";
        var read = (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK);
        (await scene.Startup.Patch(path, new { name = "Without" })).ExpectProblem(
            HttpStatusCode.PreconditionRequired,
            "precondition-required",
            "If-Match"
        );
        foreach (var etag in (string[])["\"99\"", "W/\"1\"", "1", "\"x\"", "\"98\", \"99\""])
            (await scene.Startup.Patch(path, new { name = "Stale" }, ("If-Match", etag))).ExpectProblem(
                HttpStatusCode.PreconditionFailed,
                "stale",
                "If-Match"
            );
        var changed = (await scene.Startup.Patch(path, new { name = "Fresh" }, ("If-Match", read.ETag))).Expect(HttpStatusCode.OK);
        Assert.NotEqual(read.ETag, changed.ETag);
        (await scene.Startup.Patch(path, new { name = "Late" }, ("If-Match", read.ETag))).ExpectProblem(
            HttpStatusCode.PreconditionFailed,
            "stale"
        );
        (await scene.Startup.Patch(path, new { name = "Anyhow" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task However_the_path_is_spelled_one_key_moves_credits_once()
    {
        await using var world = await TestWorld.StartAsync();
        var programme = await world.Programme();
        var id = programme.ToString();
        foreach (
            var path in (string[])
                [
                    $"programmes/{id}/fund",
                    $"programmes/{id.ToUpperInvariant()}/fund",
                    $"programmes/{id}/fund/",
                    $"Programmes/{programme:N}/fund",
                    $"programmes/%7B{id}%7D/fund",
                ]
        )
            (await world.Admin.Post($"/v1/{path}", new { credits = 10, reason = "A sponsor pays" }, ("Idempotency-Key", "once"))).Expect(
                HttpStatusCode.Created
            );
        Assert.Equal(10, await world.Balance(programme, "budget"));
    }

    [Fact]
    public async Task Two_administrators_who_remove_each_other_at_once_leave_one()
    {
        await using var world = await TestWorld.StartAsync();
        var me = Guid.Parse((await world.Admin.Get("/v1/me")).Expect(HttpStatusCode.OK).Text_("principalId"));
        for (var round = 0; round < 3; round++)
        {
            var other = await world.Member("/v1/administrators", null);
            await Task.WhenAll(world.Admin.Delete($"/v1/administrators/{other.PrincipalId}"), other.Delete($"/v1/administrators/{me}"));
            var mine = await world.Admin.Get("/v1/administrators");
            var theirs = await other.Get("/v1/administrators");
            Assert.NotEqual(mine.Status, theirs.Status);
            if (mine.Status != HttpStatusCode.OK)
                return;
        }
    }

    [Fact]
    public async Task Of_many_who_make_at_once_what_exists_once_one_makes_it_and_the_others_are_told()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        Person[] doors = [world.Admin, world.Admin.On(second)];
        var freeze = new
        {
            scope = "programme",
            resourceId = scene.Programme,
            reason = "A leak",
        };
        var froze = await AtOnceAsync(i => doors[i % 2].Post("/v1/freezes", freeze));
        Assert.Single(froze, one => one.Status == HttpStatusCode.Created);
        Assert.Equal(5, froze.Count(one => one.Status == HttpStatusCode.Conflict));

        var stated = await AtOnceAsync(i => doors[i % 2].Post("/v1/terms", new { title = "Terms of use", text = $"Be kind {i}." }));
        Assert.All(stated, one => Assert.Contains(one.Status, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict]));
        var numbers = stated.Where(one => one.Status == HttpStatusCode.Created).Select(one => one["number"].GetValue<int>()).ToList();
        Assert.NotEmpty(numbers);
        Assert.Distinct(numbers);

        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        List<Person> heirs = [];
        foreach (var name in (string[])["ravi", "jun"])
        {
            var joined = await world.JoinAsync(mina, $"{name}@example.org", "organization-member", organization);
            heirs.Add(world.PersonOf(joined.Expect(HttpStatusCode.Created)));
        }

        var offered = await AtOnceAsync(i =>
            mina.Post($"/v1/organizations/{organization}/handovers", new { principalId = heirs[i % 2].PrincipalId })
        );
        Assert.Single(offered, one => one.Status == HttpStatusCode.Created);
        Assert.Equal(5, offered.Count(one => one.Status == HttpStatusCode.Conflict));

        static Task<Reply[]> AtOnceAsync(Func<int, Task<Reply>> call) => Task.WhenAll(Enumerable.Range(0, 6).Select(call));
    }
}
