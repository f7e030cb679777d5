using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Http;

/// <summary>What changed in a programme since a moment, found by the events of its tree.</summary>
public sealed class ChangeListTests
{
    [Fact]
    public async Task Each_change_of_a_request_or_a_grant_is_found_since_its_moment()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerRequest("10"), Scenes.PerRequest("100", "deny", "most")]);
        var reviewer = await world.Reviewer(scene.Programme);
        var region = await scene.Operator.Offer(scene.Programme, scene.Provider, region: "kr-south");
        var (grant, other) = (await GrantAsync(scene), await GrantAsync(scene));
        var review = (await scene.Startup.Ask(scene.Programme, 40)).Expect(HttpStatusCode.Created);
        var denied = (await scene.Startup.Ask(scene.Programme, 120)).Expect(HttpStatusCode.Created);
        var withdrawn = (await scene.Startup.Ask(scene.Programme, 40)).Expect(HttpStatusCode.Created);
        await PassAsync();
        var (record, _, _) = await scene.ReportAsync(world, Guid.Parse(grant), (-0.9, -0.5));
        (string Name, Func<Task<Reply>> Act, string[] Requests, string[] Grants)[] acts =
        [
            ("shrink", () => scene.Startup.Post($"/v1/grants/{grant}/shrink", new { gpuHours = 1 }), [], [grant]),
            (
                "correct usage",
                () => scene.Operator.Post($"/v1/grants/{grant}/usage-records/{record[0]}/void", new { reason = "Not theirs" }),
                [],
                [grant]
            ),
            ("suspend", () => world.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "A look" }, Person.AnyVersion), [], [grant]),
            ("resume", () => world.Admin.Post($"/v1/grants/{grant}/resume", new { reason = "All well" }, Person.AnyVersion), [], [grant]),
            ("approve", () => reviewer.Post($"/v1/requests/{review.Id}/approve", new { }, Person.AnyVersion), [$"{review.Id}"], ["new"]),
            (
                "accept a counter-offer",
                () => scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer"),
                [$"{denied.Id}", "new"],
                ["new"]
            ),
            ("withdraw", () => scene.Startup.Post($"/v1/requests/{withdrawn.Id}/withdraw"), [$"{withdrawn.Id}"], []),
            (
                "move",
                () => world.Admin.Post($"/v1/grants/{other}/move", new { offerId = region, reason = "It fails" }, Person.AnyVersion),
                [],
                [other, "new"]
            ),
            ("close", () => scene.Startup.Post($"/v1/grants/{grant}/close"), [], [grant]),
            ("settle", () => scene.Operator.Post($"/v1/grants/{grant}/settle"), [], [grant]),
        ];
        foreach (var (name, act, requests, grants) in acts)
        {
            await PassAsync();
            var since = world.Now.UtcDateTime.ToString("O");
            var known = new HashSet<string>(await ChangedAsync("grants", "2026-01-01T00:00:00Z"));
            known.UnionWith(await ChangedAsync("requests", "2026-01-01T00:00:00Z"));
            var done = await act();
            Assert.True(done.Message.IsSuccessStatusCode, $"{name}: {done.Text}");
            var asked = (await ChangedAsync("requests", since)).Select(id => known.Contains(id) ? id : "new");
            Assert.True(requests.SequenceEqual(asked), $"{name}: {string.Join(' ', asked)}");
            var found = (await ChangedAsync("grants", since)).Select(id => known.Contains(id) ? id : "new");
            Assert.True(grants.Order().SequenceEqual(found.Order()), $"{name}: {string.Join(' ', found)}");
        }

        // A page at a time, in the order of changes, it is all that the list by creation has. Other trees have none of it.
        foreach (var list in (string[])["requests", "grants"])
        {
            var all = (await world.Admin.Get($"/v1/{list}?programmeId={scene.Programme}&limit=100"))["data"].AsArray();
            var byChange = all.OrderBy(row => row!["updatedAt"]!.GetValue<DateTimeOffset>()).Select(row => row!["id"]!.GetValue<string>());
            Assert.Equal(byChange.Order(), (await ChangedAsync(list, "2026-01-01T00:00:00Z")).Order());
            var elsewhere = await world.Programme();
            var none = await world.Admin.Get($"/v1/{list}?programmeId={elsewhere}&sort=updated&updatedSince=2026-01-01T00:00:00Z");
            Assert.Empty(none.Expect(HttpStatusCode.OK)["data"].AsArray());
        }

        async Task<List<string>> ChangedAsync(string list, string since)
        {
            var (ids, moments) = (new List<string>(), new List<DateTimeOffset>());
            var path = $"/v1/{list}?programmeId={scene.Programme}&sort=updated&updatedSince={since}&limit=1";
            await foreach (var page in reviewer.PagesAsync(path))
            {
                ids.AddRange(page["data"].AsArray().Select(row => row!["id"]!.GetValue<string>()));
                moments.AddRange(page["data"].AsArray().Select(row => row!["updatedAt"]!.GetValue<DateTimeOffset>()));
            }

            Assert.Equal(moments.Order(), moments);
            return ids;
        }

        Task PassAsync() => world.PassAsync(TimeSpan.FromHours(1), scene.Startup, scene.Operator, reviewer);
    }

    [Fact]
    public async Task Too_much_to_search_is_refused_with_a_way_out()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Ask(scene.Programme, 1);
        // As if a hundred thousand things more had happened.
        await world.ScalarAsync<long>(
            """
            with more as (insert into events select (jsonb_populate_record(h, jsonb_build_object(
                    'sequence', (h).sequence + i, 'id', gen_random_uuid()))).*
                from (select e from events e where e.root_programme_id = $1 order by e.sequence desc limit 1) as one (h),
                    generate_series(1, 100000) i returning 1),
            moved as (update programme_trees set event_sequence = event_sequence + 100000 where root_programme_id = $1 returning 1)
            select (select count(*) from more) + (select count(*) from moved)
            """,
            scene.Programme
        );
        foreach (var list in (string[])["requests", "grants"])
        {
            var path = $"/v1/{list}?programmeId={scene.Programme}";
            var refused = await world.Admin.Get($"{path}&updatedSince=2026-01-01T00:00:00Z");
            refused.ExpectProblem(HttpStatusCode.BadRequest, "malformed", "updatedSince");
            (await world.Admin.Get($"{path}&updatedSince={world.Now.AddSeconds(1).UtcDateTime:O}")).Expect(HttpStatusCode.OK);
            Assert.Single((await world.Admin.Get(path)).Expect(HttpStatusCode.OK)["data"].AsArray());
            // Whoever does not review there reads their own, and does not learn how much happened.
            Assert.Single(
                (await scene.Startup.Get($"{path}&updatedSince=2026-01-01T00:00:00Z")).Expect(HttpStatusCode.OK)["data"].AsArray()
            );
        }
    }

    private static async Task<string> GrantAsync(Scene scene) =>
        (await scene.Startup.Ask(scene.Programme, 5, new { region = "kr-central" })).Expect(HttpStatusCode.Created).Text_("grantId");
}
