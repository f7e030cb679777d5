using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Organizations;

/// <summary>A verification is a record that ends with what it verified.</summary>
public sealed class VerificationTests
{
    [Theory]
    [InlineData("name", "Another name")]
    [InlineData("country", "US")]
    public async Task A_renamed_or_moved_organization_is_no_longer_verified(string field, string value)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await RequireAsync(world, scene, "domain");
        Assert.Equal("denied", await AskAsync(scene));
        (await VerifyAsync(world, scene)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", await AskAsync(scene));

        // The same value again changes nothing.
        var same = field == "name" ? "Hangang Robotics" : "KR";
        await PatchAsync(scene, field, same);
        Assert.Equal("identity", (await ReadAsync(scene)).Text_("verification"));

        await PatchAsync(scene, field, value);
        var read = await ReadAsync(scene);
        Assert.Equal("email", read.Text_("verification"));
        Assert.Empty(read["verifiedEmailDomains"].AsArray());
        Assert.Equal("denied", await AskAsync(scene));
        await PatchAsync(scene, field, same);
        Assert.Equal("denied", await AskAsync(scene));
        var records = (await scene.Startup.Get($"/v1/organizations/{scene.Organization}/verifications")).Expect(HttpStatusCode.OK);
        Assert.Equal("fell", Assert.Single(records["data"].AsArray())!["endReason"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_administrator_who_renames_an_organization_verifies_it_anew()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        (await VerifyAsync(world, scene)).Expect(HttpStatusCode.Created);
        (await world.Admin.Patch($"/v1/organizations/{scene.Organization}", new { name = "Renamed" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal("email", (await ReadAsync(scene)).Text_("verification"));
        var again = (await VerifyAsync(world, scene)).Expect(HttpStatusCode.Created);
        Assert.Equal("The register of companies", again.Text_("evidence"));
        (await VerifyAsync(world, scene)).Expect(HttpStatusCode.Created);
        var records = await scene.Startup.Get($"/v1/organizations/{scene.Organization}/verifications");
        Assert.Equal(
            [null, "replaced", "fell"],
            records["data"].AsArray().Select(one => one!["endReason"]?.GetValue<string>()).OrderBy(one => one == "fell").ThenBy(one => one)
        );
    }

    [Fact]
    public async Task A_verification_ends_when_it_says_and_when_it_is_withdrawn()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await RequireAsync(world, scene, "identity");
        (await VerifyAsync(world, scene, level: "domain")).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", await AskAsync(scene));
        (await VerifyAsync(world, scene, endsAt: world.Now.AddDays(2))).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", await AskAsync(scene));
        await world.PassAsync(TimeSpan.FromDays(2), scene.Startup);
        Assert.Equal("denied", await AskAsync(scene));
        (await VerifyAsync(world, scene)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", await AskAsync(scene));
        var path = $"/v1/organizations/{scene.Organization}/withdraw-verification";
        (await world.Admin.Post(path)).Expect(HttpStatusCode.OK);
        (await world.Admin.Post(path)).ExpectProblem(HttpStatusCode.Conflict, "not-verified");
        Assert.Equal("denied", await AskAsync(scene));
    }

    [Fact]
    public async Task A_verification_needs_evidence_and_says_what_it_verified()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var path = $"/v1/organizations/{scene.Organization}/verifications";
        (await world.Admin.Post(path, new { level = "identity" })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "evidence");
        (await world.Admin.Post(path, new { level = "email", evidence = "x" })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "level"
        );
        (await world.Admin.Post(path, new { level = "domain", evidence = "x" })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "emailDomains"
        );
        (
            await world.Admin.Post(
                path,
                new
                {
                    level = "domain",
                    evidence = "x",
                    emailDomains = new[] { "127.0.0.1" },
                }
            )
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "emailDomains");
        (await scene.Startup.Patch($"/v1/organizations/{scene.Organization}", new { verified = true }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed",
            "verified"
        );

        // Only the name was verified, so the country may change.
        (
            await world.Admin.Post(
                path,
                new
                {
                    level = "identity",
                    evidence = "x",
                    fields = new[] { "name" },
                }
            )
        ).Expect(HttpStatusCode.Created);
        await PatchAsync(scene, "country", "JP");
        Assert.Equal("identity", (await ReadAsync(scene)).Text_("verification"));
    }

    private static async Task RequireAsync(TestWorld world, Scene scene, string level) =>
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { requiredVerification = level }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );

    private static Task<Reply> VerifyAsync(TestWorld world, Scene scene, string level = "identity", DateTimeOffset? endsAt = null) =>
        world.Admin.Post(
            $"/v1/organizations/{scene.Organization}/verifications",
            new
            {
                level,
                emailDomains = new[] { "hangang.example" },
                evidence = "The register of companies",
                endsAt,
            }
        );

    private static async Task<string> AskAsync(Scene scene) =>
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("status");

    private static async Task<Reply> ReadAsync(Scene scene) =>
        (await scene.Startup.Get($"/v1/organizations/{scene.Organization}")).Expect(HttpStatusCode.OK);

    private static async Task PatchAsync(Scene scene, string field, string value) =>
        (
            await scene.Startup.Patch(
                $"/v1/organizations/{scene.Organization}",
                new Dictionary<string, string> { [field] = value },
                Person.AnyVersion
            )
        ).Expect(HttpStatusCode.OK);
}
