using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Programmes;

/// <summary>The terms of a programme narrow those of the programmes above it, and never loosen them.</summary>
public sealed class NarrowingTests
{
    [Fact]
    public async Task A_child_that_would_loosen_its_parent_is_told_the_bound_and_nothing_changes()
    {
        await using var world = await TestWorld.StartAsync();
        var root = await world.Programme(terms: Strict(world));
        var middle = await world.Programme(parentId: root);
        var child = await world.Programme(parentId: middle);
        (string Field, JsonNode Loose, string Bound)[] cases =
        [
            ("eligibleKinds", Json("""["startup","student"]"""), "student, school"),
            ("eligibleCountries", Json("""["KR","DE"]"""), "KR"),
            ("eligibleEmailDomains", Json("""["co.kr"]"""), "ac.kr"),
            ("requiredVerification", Json("\"email\""), "domain"),
            ("reviewHoldHours", Json("49"), "48"),
            ("maxGrantDays", Json("31"), "30"),
            ("startsAt", Json("\"2000-12-31T00:00:00Z\""), "take requests from"),
            ("endsAt", Later(world, 51), Later(world, 50).GetValue<string>()[..10]),
        ];
        var before = await world.FingerprintAsync();
        foreach (var (field, loose, bound) in cases)
        {
            var body = new JsonObject { [field] = loose.DeepClone() };
            Named(await world.Admin.Patch($"/v1/programmes/{child}", body, ("If-Match", "\"1\"")), field, bound);
            body["name"] = "Loose";
            body["timeZone"] = "UTC";
            body["parentId"] = middle.ToString();
            Named(await world.Admin.Post("/v1/programmes", body.DeepClone()), field, bound);
        }

        Assert.Equal(before, await world.FingerprintAsync());

        static void Named(Reply reply, string field, string bound)
        {
            reply.ExpectProblem(HttpStatusCode.BadRequest, "looser-than-parent", field);
            Assert.Contains(bound, reply.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_a_child_leaves_out_follows_its_parent()
    {
        await using var world = await TestWorld.StartAsync();
        var root = await world.Programme(terms: Strict(world));
        var child = await world.Programme(parentId: root);
        var read = await world.Admin.Get($"/v1/programmes/{child}");
        Assert.Equal(
            ("domain", 48, 30),
            (read.Text_("requiredVerification"), (int)read.Number("reviewHoldHours"), (int)read.Number("maxGrantDays"))
        );
        var effective = read["effectiveTerms"];
        Assert.Equal(["student", "school"], effective["eligibleKinds"]!.AsArray().Select(one => one!.GetValue<string>()));
        Assert.Equal(Later(world, 50).GetValue<string>(), effective["endsAt"]!.GetValue<string>());
        Assert.False(effective["admitsNobody"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("eligibleKinds", """["student"]""", "kind-not-eligible")]
    [InlineData("eligibleCountries", """["DE"]""", "country-not-eligible")]
    [InlineData("eligibleEmailDomains", """["ac.kr"]""", "email-domain-not-eligible")]
    [InlineData("requiredVerification", "\"domain\"", "organization-not-verified")]
    [InlineData("maxGrantDays", "5", "duration-too-long")]
    [InlineData("endsAt", "soon", "programme-ended")]
    public async Task A_parent_that_narrows_later_narrows_its_children(string field, string value, string code)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var child = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var ask = new { durationDays = 10 };
        Assert.Equal("approved", (await scene.Startup.Ask(child, 1, ask)).Expect(HttpStatusCode.Created).Text_("status"));
        var body = new JsonObject { [field] = value == "soon" ? JsonValue.Create(world.Now.AddMinutes(1)) : Json(value) };
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", body, ("If-Match", "\"1\""))).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        var denied = (await scene.Startup.Ask(child, 1, ask)).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", denied.Text_("status"));
        Assert.Contains(code, denied["decision"]["reasons"]!.AsArray().Select(one => one!["code"]!.GetValue<string>()));
        // A request that names no programme does not land there either.
        (
            await scene.Startup.Post(
                "/v1/requests",
                new
                {
                    gpuHours = 1,
                    purpose = "Try",
                    durationDays = 10,
                }
            )
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "programmeId");
    }

    [Fact]
    public async Task Terms_that_contradict_those_above_admit_nobody()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var child = await world.Programme(
            parentId: scene.Programme,
            terms: new { ownBudget = false, eligibleKinds = (string[])["startup"] }
        );
        (
            await world.Admin.Patch(
                $"/v1/programmes/{scene.Programme}",
                new { eligibleKinds = (string[])["student"] },
                ("If-Match", "\"1\"")
            )
        ).Expect(HttpStatusCode.OK);
        var denied = (await scene.Startup.Ask(child, 1)).Expect(HttpStatusCode.Created);
        Assert.Equal(["nobody-eligible"], denied["decision"]["reasons"]!.AsArray().Select(one => one!["code"]!.GetValue<string>()));
        Assert.True((await world.Admin.Get($"/v1/programmes/{child}"))["effectiveTerms"]["admitsNobody"]!.GetValue<bool>());
    }

    [Fact]
    public async Task The_shortest_hold_of_the_path_holds_a_request()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var child = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false, reviewHoldHours = 100 });
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { reviewHoldHours = 2 }, ("If-Match", "\"1\""))).Expect(
            HttpStatusCode.OK
        );
        var asked = (await scene.Startup.Ask(child, 20)).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", asked.Text_("status"));
        Assert.Equal(world.Now.AddHours(2), asked["hold"]["expiresAt"]!.GetValue<DateTimeOffset>(), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Only_names_of_domains_admit_by_a_domain()
    {
        await using var world = await TestWorld.StartAsync();
        var path = $"/v1/programmes/{await world.Programme()}";
        string[] odd = ["127.0.0.1", "10.1", "0x7f.0x1", "[::1]", "AC.KR", "ac.kr.", ".kr", "a_c.kr", "*.kr", "@ac.kr", "한국.kr", ""];
        foreach (var one in odd)
            (await SetAsync("ac.kr", one)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "eligibleEmailDomains");
        (await SetAsync("ac.kr", "edu", "1e100.net")).Expect(HttpStatusCode.OK);

        Task<Reply> SetAsync(params string[] eligibleEmailDomains) =>
            world.Admin.Patch(path, new { eligibleEmailDomains }, Person.AnyVersion);
    }

    private static object Strict(TestWorld world) =>
        new
        {
            eligibleKinds = (string[])["student", "school"],
            eligibleCountries = (string[])["KR"],
            eligibleEmailDomains = (string[])["ac.kr"],
            requiredVerification = "domain",
            reviewHoldHours = 48,
            maxGrantDays = 30,
            startsAt = "2001-01-01T00:00:00Z",
            endsAt = Later(world, 50),
        };

    /// <summary>Midnight after this number of years; a programme's dates lie within 100.</summary>
    private static JsonValue Later(TestWorld world, int years) =>
        JsonValue.Create(world.Now.AddYears(years).ToString("yyyy-MM-dd'T'00:00:00'Z'", null));

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;
}
