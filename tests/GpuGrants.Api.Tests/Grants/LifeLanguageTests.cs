using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Grants;

/// <summary>Whoever may not change a grant reads why in their own language: the same code and field, and a sentence for people.</summary>
public sealed class LifeLanguageTests
{
    [Fact]
    public async Task Every_refusal_of_a_change_of_a_grant_is_said_in_English_and_in_Korean()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { renewalsNeedReport = true }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var (spare, other) = await world.Provider("Spare Cloud");
        var elsewhere = await other.Offer(scene.Programme, spare);
        var project = await scene.Startup.Post($"/v1/organizations/{scene.Organization}/projects", new { name = "Vision" });
        var grants = new Grants(
            await Granted(world, scene, new { gpus = 2 }),
            await Granted(world, scene),
            await Granted(world, scene),
            await Granted(world, scene),
            await Granted(world, scene, new { startsAt = world.Now.AddDays(3) })
        );
        await Do(world.Admin, grants.Suspended, "suspend", new { reason = "Looked at" });
        await Do(world.Admin, grants.Revoked, "revoke", new { reason = "Misused" });
        await Do(world.Admin, grants.Moved, "move", new { offerId = elsewhere, reason = "It withdraws" });
        Refused[] table =
        [
            new(world.Admin, grants.Suspended, "suspend", new { reason = "Again" }, "grant-not-active"),
            new(world.Admin, grants.Scheduled, "suspend", new { reason = "Early" }, "grant-not-active"),
            new(world.Admin, grants.Active, "resume", new { reason = "No need" }, "grant-not-suspended"),
            new(world.Admin, grants.Revoked, "revoke", new { reason = "Twice" }, "grant-not-active"),
            new(scene.Startup, grants.Revoked, "close", new { }, "grant-not-active"),
            new(scene.Operator, grants.Active, "settle", new { }, "grant-not-ending"),
            new(scene.Operator, grants.Revoked, "settle", new { }, "grant-not-ending"),
            new(scene.Startup, grants.Suspended, "top-up", new { gpuHours = 1 }, "grant-not-active"),
            new(scene.Startup, grants.Revoked, "extend", new { expiresAt = world.Now.AddDays(60) }, "grant-not-active"),
            new(scene.Startup, grants.Active, "extend", new { expiresAt = world.Now.AddDays(1) }, "grant-not-larger"),
            new(scene.Startup, grants.Revoked, "shrink", new { gpuHours = 1 }, "grant-not-active"),
            new(scene.Startup, grants.Active, "shrink", new { gpus = 2 }, "grant-not-smaller"),
            new(scene.Startup, grants.Active, "shrink", new { expiresAt = world.Now.AddDays(90) }, "grant-not-smaller"),
            new(scene.Startup, grants.Active, "shrink", new { gpuHours = 900 }, "grant-time-in-use"),
            new(scene.Startup, grants.Scheduled, "renew", new { report = "Well" }, "grant-not-renewable"),
            new(scene.Startup, grants.Revoked, "renew", new { report = "Well" }, "grant-not-renewable"),
            new(scene.Startup, grants.Moved, "renew", new { report = "Well" }, "grant-not-renewable"),
            new(scene.Startup, grants.Active, "renew", new { gpuHours = 1 }, "invalid"),
            new(scene.Startup, grants.Active, "activate", new { }, "grant-not-scheduled"),
            new(scene.Startup, grants.Revoked, "transfer", new { projectId = project.Id }, "grant-not-active"),
            new(scene.Startup, grants.Active, "transfer", new { projectId = Guid.NewGuid() }, "invalid"),
            new(scene.Startup, grants.Active, "transfer", new { memberId = Guid.NewGuid() }, "invalid"),
            new(world.Admin, grants.Revoked, "move", new { offerId = elsewhere, reason = "No" }, "grant-not-active"),
            new(world.Admin, grants.Suspended, "move", new { offerId = elsewhere, reason = "No" }, "grant-not-active"),
            new(world.Admin, grants.Active, "move", new { offerId = Guid.NewGuid(), reason = "No" }, "invalid"),
            new(world.Admin, grants.Active, "move", new { offerId = scene.Offer, reason = "No" }, "grant-there-already"),
            new(world.Admin, grants.Active, "suspend", new { reason = "Stale" }, "stale") { Version = "\"9\"" },
        ];
        var before = await world.FingerprintAsync();
        foreach (var one in table)
        foreach (var dryRun in (string[])["", "?dryRun=true"])
        {
            var path = $"/v1/grants/{one.Grant}/{one.Act}{dryRun}";
            var english = await one.By.Post(path, one.Body, ("If-Match", one.Version));
            var korean = await one.By.Post(path, one.Body, ("If-Match", one.Version), ("Accept-Language", "ko-KR"));
            var name = $"{one.Act} {one.Code}{dryRun}";
            Assert.True(english.Code == one.Code && korean.Code == one.Code, $"{name}: {english.Text} {korean.Text}");
            Assert.False(Hangul.IsIn(english.Text_("detail")), $"{name}: {english.Text}");
            Assert.True(Hangul.IsIn(korean.Text_("detail")), $"{name}: {korean.Text}");
            Assert.Equal(Fields(english), Fields(korean));
            Assert.All(korean.Body!["errors"]?.AsObject() ?? [], field => Assert.True(Hangul.IsIn(field.Value![0]!.GetValue<string>())));
        }

        Assert.Equal(before, await world.FingerprintAsync());
    }

    private sealed record Grants(string Active, string Suspended, string Revoked, string Moved, string Scheduled);

    private sealed record Refused(Person By, string Grant, string Act, object Body, string Code)
    {
        public string Version { get; init; } = "*";
    }

    private static string Fields(Reply reply) => string.Join(' ', (reply.Body!["errors"]?.AsObject() ?? []).Select(field => field.Key));

    private static async Task<string> Granted(TestWorld world, Scene scene, object? more = null)
    {
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        return (await scene.Startup.Ask(scene.Programme, 10, more)).Expect(HttpStatusCode.Created).Text_("grantId");
    }

    private static async Task Do(Person by, string grant, string act, object body)
    {
        var reply = await by.Post($"/v1/grants/{grant}/{act}", body, Person.AnyVersion);
        Assert.True((int)reply.Status is 200 or 201, reply.Text);
    }
}
