using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Grants;

/// <summary>A dry run of an act on a grant answers as the act would, and changes nothing.</summary>
public sealed class GrantDryRunTests
{
    [Theory]
    [InlineData("suspend")]
    [InlineData("resume")]
    [InlineData("revoke")]
    [InlineData("close")]
    [InlineData("settle")]
    public async Task A_dry_run_shows_the_grant_as_the_act_leaves_it_and_changes_nothing(string act)
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await StageAsync(world, act);
        var headroom = $"/v1/organizations/{scene.Organization}/headroom?programmeId={scene.Programme}";
        var (who, body) = OfAct(world, scene, act);
        var path = $"/v1/grants/{grant}/{act}";
        var before = await world.FingerprintAsync();
        var (read, room) = (await scene.Startup.Get($"/v1/grants/{grant}"), (await scene.Startup.Get(headroom)).Text);

        var tried = (await who.Post($"{path}?dryRun=true", body, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.True(tried["dryRun"].GetValue<bool>());
        Assert.Equal(before, await world.FingerprintAsync());
        Assert.Equal(read.ETag, (await scene.Startup.Get($"/v1/grants/{grant}")).ETag);
        Assert.Equal(room, (await scene.Startup.Get(headroom)).Text);

        // The act itself comes to the same. A second dry run is refused as the second act is.
        var done = (await who.Post(path, body, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal(Bare(tried), Bare(done));
        Assert.NotEqual(before, await world.FingerprintAsync());
        var after = await world.FingerprintAsync();
        var (again, dry) = (await who.Post(path, body, Person.AnyVersion), await who.Post($"{path}?dryRun=true", body, Person.AnyVersion));
        Assert.Equal((again.Status, again.Code), (dry.Status, dry.Code));
        Assert.Equal(HttpStatusCode.Conflict, dry.Status);
        Assert.Equal(after, await world.FingerprintAsync());
        await world.Verified();
    }

    [Theory]
    [InlineData("suspend")]
    [InlineData("resume")]
    [InlineData("revoke")]
    [InlineData("close")]
    [InlineData("settle")]
    public async Task A_dry_run_is_refused_to_whom_the_act_is_refused(string act)
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await StageAsync(world, act);
        var (_, stranger) = await world.Organization(name: "Somebody else");
        var (who, body) = OfAct(world, scene, act);
        Person[] others = act == "close" ? [stranger, world.Admin] : [stranger, scene.Startup];
        foreach (var other in others)
        foreach (var query in (string[])["", "?dryRun=true"])
            Assert.Contains(
                (await other.Post($"/v1/grants/{grant}/{act}{query}", body, Person.AnyVersion, New())).Status,
                new[] { HttpStatusCode.Forbidden, HttpStatusCode.NotFound }
            );
        var stale = ("If-Match", "\"999\"");
        (await who.Post($"/v1/grants/{grant}/{act}?dryRun=true", body, stale)).ExpectProblem(HttpStatusCode.PreconditionFailed, "stale");
        (await who.Post($"/v1/grants/{grant}/{act}?dryRun=perhaps", body, Person.AnyVersion)).Expect(HttpStatusCode.BadRequest);
    }

    /// <summary>A grant of four hours of which one is used and charged, in the standing from which the act starts.</summary>
    private static async Task<(Scene Scene, string Grant)> StageAsync(TestWorld world, string act)
    {
        var scene = await world.Scene(rules: [Scenes.PerMonth("100"), Scenes.ActiveGrants(3)]);
        var grant = (await scene.Startup.Ask(scene.Programme, 4)).Expect(HttpStatusCode.Created).Text_("grantId");
        await world.PassAsync(scene, hours: 2);
        await scene.ReportAsync(world, Guid.Parse(grant), (-1.5, -0.5));
        if (act == "resume")
            (await world.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "A look" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        if (act == "settle")
            (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromMinutes(5), scene.Startup, scene.Operator);
        return (scene, grant);
    }

    private static (Person Who, object? Body) OfAct(TestWorld world, Scene scene, string act) =>
        act switch
        {
            "close" => (scene.Startup, null),
            "settle" => (scene.Operator, null),
            _ => (world.Admin, new { reason = "Looks misused" }),
        };

    private static (string, string) New() => ("Idempotency-Key", Guid.NewGuid().ToString());

    /// <summary>The answer without the mark of a dry run.</summary>
    private static string Bare(Reply reply)
    {
        var body = reply.Body!.DeepClone().AsObject();
        body.Remove("dryRun");
        return body.ToJsonString();
    }
}
