using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Http;

/// <summary>A cursor goes on with the list that gave it, and with nothing else.</summary>
public sealed class CursorTests
{
    [Fact]
    public async Task A_cursor_that_was_changed_or_belongs_to_another_list_is_refused()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        for (var i = 0; i < 3; i++)
            await scene.Startup.Ask(scene.Programme, 1);
        var cursor = (await scene.Startup.Get("/v1/requests?limit=1")).Text_("nextCursor");
        Assert.Equal(
            2,
            (await scene.Startup.Get($"/v1/requests?limit=2&cursor={cursor}")).Expect(HttpStatusCode.OK)["data"].AsArray().Count
        );
        var flipped = (cursor[0] == 'A' ? 'B' : 'A') + cursor[1..];
        foreach (var bad in (string[])[flipped, cursor[..^2], cursor + "AA", "x", "%00", new string('A', 38), new string('A', 2_000)])
            (await scene.Startup.Get($"/v1/requests?cursor={bad}")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "cursor");
        (await scene.Startup.Get($"/v1/grants?cursor={cursor}")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "cursor");
        (await scene.Startup.Get($"/v1/requests?status=approved&cursor={cursor}")).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed",
            "cursor"
        );
    }

    [Fact]
    public async Task A_cursor_that_was_touched_or_sent_twice_is_malformed()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Scene();
        await world.Programme(1);
        var cursor = (await world.Admin.Get("/v1/programmes?limit=1")).Text_("nextCursor");
        (await world.Admin.Get($"/v1/programmes?limit=1&cursor={cursor}")).Expect(HttpStatusCode.OK);
        foreach (
            var query in (string[])
                [
                    $"{cursor}=",
                    $"{cursor}%3D",
                    $"{cursor}%3D%3D",
                    $"%20{cursor}",
                    $"{cursor}%20",
                    $"{cursor[..^1]}%3D",
                    $"{cursor}&cursor={cursor}",
                    "",
                ]
        )
            (await world.Admin.Get($"/v1/programmes?limit=1&cursor={query}")).ExpectProblem(
                HttpStatusCode.BadRequest,
                "malformed",
                "cursor"
            );
    }
}
