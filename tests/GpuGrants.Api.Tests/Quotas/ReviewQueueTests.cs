using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

[Trait("Part", "Quick")]
public sealed class ReviewQueueTests
{
    [Fact]
    public async Task Fair_share_order_puts_those_first_who_were_granted_least_recently()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("20"));
        var (_, modest) = await world.Organization("student", name: "A modest student");
        var reviewer = await world.Reviewer(scene.Programme);
        await scene.Startup.Ask(scene.Programme, 20);
        await modest.Ask(scene.Programme, 1);
        var asked = new List<Reply>();
        foreach (var person in (Person[])[scene.Startup, scene.Startup, modest])
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            asked.Add((await person.Ask(scene.Programme, 30)).Expect(HttpStatusCode.Created));
        }

        Assert.Equal([asked[0].Id, asked[1].Id, asked[2].Id], await QueueAsync(reviewer, "/v1/reviews"));
        Assert.Equal([asked[2].Id, asked[0].Id, asked[1].Id], await QueueAsync(reviewer, "/v1/reviews?order=fair-share"));
        var first = (await reviewer.Get("/v1/reviews?order=fair-share&limit=1")).Expect(HttpStatusCode.OK);
        var rest = await QueueAsync(reviewer, $"/v1/reviews?order=fair-share&cursor={first.Text_("nextCursor")}");
        Assert.Equal([asked[0].Id, asked[1].Id], rest);
        (
            await reviewer.Get($"/v1/reviews?order=fair-share&cursor={first.Text_("nextCursor")}&cursor={first.Text_("nextCursor")}")
        ).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "cursor");
        (await reviewer.Get("/v1/reviews?order=loudest")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "order");
    }

    [Fact]
    public async Task Kinds_weigh_as_the_reviewer_says_and_weight_zero_is_served_last()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("20"));
        var (_, student) = await world.Organization("student", name: "A student");
        var (_, enterprise) = await world.Organization("enterprise", name: "A large company");
        var reviewer = await world.Reviewer(scene.Programme);
        // The student has more of what was granted than anybody, and the company has nothing.
        await student.Ask(scene.Programme, 20);
        await scene.Startup.Ask(scene.Programme, 15);
        var asked = new List<Guid>();
        foreach (var person in (Person[])[enterprise, scene.Startup, student])
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            asked.Add((await person.Ask(scene.Programme, 30)).Expect(HttpStatusCode.Created).Id);
        }

        Task<IEnumerable<Guid>> By(string weights) => QueueAsync(reviewer, $"/v1/reviews?order=fair-share{weights}");
        Assert.Equal([asked[0], asked[1], asked[2]], await By(""));
        Assert.Equal([asked[1], asked[2], asked[0]], await By("&weights=enterprise:0"));
        Assert.Equal([asked[2], asked[1], asked[0]], await By("&weights=enterprise:0,student:2"));
        var first = (await reviewer.Get("/v1/reviews?order=fair-share&weights=enterprise:0&limit=2")).Expect(HttpStatusCode.OK);
        Assert.Equal([asked[0]], await By($"&weights=enterprise:0&cursor={first.Text_("nextCursor")}"));
        foreach (var odd in (string[])["enterprise", "enterprise:", "enterprise:-1", "enterprise:1001", "club:1", "enterprise:0,", ":1"])
            (await reviewer.Get($"/v1/reviews?order=fair-share&weights={odd}")).ExpectProblem(
                HttpStatusCode.BadRequest,
                "malformed",
                "weights"
            );
        (await reviewer.Get("/v1/reviews?weights=student:2")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "weights");
    }

    [Fact]
    public async Task Two_approvals_by_the_named_role_are_needed_before_anything_is_granted()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Waive();
        var rule = new
        {
            id = "large",
            measure = "gpu-hours-granted",
            subject = new { level = "organization" },
            window = new { kind = "per-request" },
            limit = new { gpuHours = "10" },
            outcome = "review",
            approvals = new { count = 2, by = new[] { "programme-administrator" } },
        };
        var scene = await world.Scene(rules: rule);
        var reviewer = await world.Reviewer(scene.Programme);
        Person[] administrators = [await Administrator(), await Administrator()];
        var asked = await scene.Startup.Ask(scene.Programme, 20);
        Assert.Equal(2, asked.Number("approvalsNeeded"));
        (await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "approver-role-missing"
        );
        var endorsed = (await administrators[0].Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal(("in-review", 1m), (endorsed.Text_("status"), endorsed.Number("approvalsGiven")));
        (await administrators[0].Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", endorsed.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "approved-before"
        );
        var approved = (await administrators[1].Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", endorsed.ETag))).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal("approved", approved.Text_("status"));
        Assert.Equal(980, await world.Balance(scene.Programme, "budget"));

        Task<Person> Administrator() => world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
    }

    private static async Task<IEnumerable<Guid>> QueueAsync(Person reviewer, string path) =>
        (await reviewer.Get(path))
            .Expect(HttpStatusCode.OK)["data"]
            .AsArray()
            .Select(one => Guid.Parse(one!["request"]!["id"]!.GetValue<string>()));
}
