using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>Names are what people see, and countries are those of the standard.</summary>
public sealed class NameTests
{
    [Fact]
    public async Task A_name_shows_all_its_characters_and_is_stored_composed()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        foreach (var hidden in (string[])["Lab\u202e", "La\u200bb", "\u3164", "Lab\n", "\u0301", "\u17b4", "Lab\ufe0f"])
        {
            (await RenameAsync(scene, hidden)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "name");
            (await scene.Startup.Post($"/v1/organizations/{scene.Organization}/projects", new { name = hidden })).ExpectProblem(
                HttpStatusCode.BadRequest,
                "invalid",
                "name"
            );
        }

        (
            await world.Admin.Post(
                "/v1/quota-policies",
                new
                {
                    programmeId = scene.Programme,
                    name = "Rules\r\nof another",
                    document = new { rules = Array.Empty<object>() },
                }
            )
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "name");
        (await RenameAsync(scene, "Lab\r\n")).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "name");

        // Texts have lines, however a system ends them; other control characters have no place there.
        var lines = new { purpose = "First line\r\nsecond line\nthird line" };
        Assert.Equal(lines.purpose, (await scene.Startup.Ask(scene.Programme, 1, lines)).Expect(HttpStatusCode.Created).Text_("purpose"));
        foreach (var odd in (string[])["a\rb", "a\u0000b", "a\r", "\u202e\u200b", string.Concat(Enumerable.Repeat("🦊", 2_001))])
            (await scene.Startup.Ask(scene.Programme, 1, new { purpose = odd })).ExpectProblem(
                HttpStatusCode.BadRequest,
                "invalid",
                "purpose"
            );

        // Texts are counted as the contract counts them, in code points.
        var foxes = string.Concat(Enumerable.Repeat("🦊", 2_000));
        Assert.Equal(
            foxes,
            (await scene.Startup.Ask(scene.Programme, 1, new { purpose = foxes })).Expect(HttpStatusCode.Created).Text_("purpose")
        );
        (await RenameAsync(scene, string.Concat(Enumerable.Repeat("\U0001f468\u200d\U0001f469\u200d\U0001f467", 200)))).Expect(
            HttpStatusCode.OK
        );

        // Korean as some systems type it: letters one by one.
        (await RenameAsync(scene, "\u1112\u1161\u11ab\u1100\u1161\u11bc")).Expect(HttpStatusCode.OK);
        Assert.Equal("한강", (await scene.Startup.Get($"/v1/organizations/{scene.Organization}")).Text_("name"));
        (await RenameAsync(scene, string.Concat(Enumerable.Repeat("e\u0323\u0301", 200)))).Expect(HttpStatusCode.OK);
        (await RenameAsync(scene, string.Concat(Enumerable.Repeat("e\u0323\u0301", 201)))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "name"
        );
    }

    [Fact]
    public async Task A_country_is_one_of_the_standard_and_a_common_mistake_is_told_the_code()
    {
        await using var world = await TestWorld.StartAsync();
        foreach (var (stated, meant) in ((string, string)[])[("UK", "GB"), ("kr", "KR"), ("XX", "KR")])
        {
            var refused = await world.Admin.Post(
                "/v1/organizations",
                new
                {
                    kind = "startup",
                    name = "Lab",
                    country = stated,
                }
            );
            Assert.Contains(
                $" {meant}",
                refused.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "country").Text,
                StringComparison.Ordinal
            );
        }

        var programme = await world.Admin.Post(
            "/v1/programmes",
            new
            {
                name = "British",
                timeZone = "UTC",
                eligibleCountries = new[] { "KR", "UK" },
            }
        );
        Assert.Contains("GB", programme.ExpectProblem(HttpStatusCode.BadRequest, "invalid").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_providers_never_look_the_same_and_only_administrators_rename_them()
    {
        await using var world = await TestWorld.StartAsync();
        var (provider, @operator) = await world.Provider("Han Cloud");
        foreach (var same in (string[])["Han Cloud", "HAN  cloud", "Ｈａｎ Cloud"])
            (await world.Admin.Post("/v1/providers", new { name = same, country = "KR" })).ExpectProblem(
                HttpStatusCode.Conflict,
                "name-taken",
                "name"
            );
        var (other, _) = await world.Provider("Other Cloud");
        (await world.Admin.Patch($"/v1/providers/{other}", new { name = "han cloud" }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "name-taken"
        );
        (await @operator.Patch($"/v1/providers/{provider}", new { name = "Trusted Cloud" }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Forbidden,
            "forbidden"
        );
        (await @operator.Patch($"/v1/providers/{provider}", new { website = "https://han.example" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        (await world.Admin.Patch($"/v1/providers/{provider}", new { name = "Trusted Cloud" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_member_who_is_named_by_principal_is_answered_by_name()
    {
        await using var world = await TestWorld.StartAsync();
        var programme = await world.Programme(1);
        var first = (await world.Admin.Post($"/v1/programmes/{programme}/members", new { name = "Jisoo" })).Expect(HttpStatusCode.Created);
        var again = (
            await world.Admin.Post(
                $"/v1/programmes/{programme}/members",
                new { principalId = first.Text_("principalId"), role = "programme-administrator" }
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal("Jisoo", again.Text_("name"));
    }

    private static Task<Reply> RenameAsync(Scene scene, string name) =>
        scene.Startup.Patch($"/v1/organizations/{scene.Organization}", new { name }, Person.AnyVersion);
}
