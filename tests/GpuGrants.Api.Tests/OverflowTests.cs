using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>Amounts that no account could hold are refused before anything is added to them.</summary>
public sealed class OverflowTests
{
    [Fact]
    public async Task Amounts_that_overflow_or_make_no_sense_are_refused_everywhere()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        foreach (var amount in (string[])["0", "-1", "0.0001", "1e18", "1e400", "9223372036854775807", "\"1\"", "null"])
        {
            await world.Admin.PostBad($"/v1/programmes/{scene.Programme}/fund", $$"""{"credits":{{amount}},"reason":"x"}""");
            await world.Admin.PostBad($"/v1/programmes/{scene.Programme}/write-off", $$"""{"credits":{{amount}},"reason":"x"}""");
            await scene.Operator.PostBad($"/v1/offers/{scene.Offer}/add-capacity", $$"""{"gpuHours":{{amount}}}""");
            await scene.Operator.PostBad($"/v1/offers/{scene.Offer}/withdraw-capacity", $$"""{"gpuHours":{{amount}}}""");
        }

        foreach (var rate in (string[])["-1", "0.0001", "1e18", "1e400", "\"1\"", "null"])
            await scene.Operator.PostBad($"/v1/offers/{scene.Offer}/rates", $$"""{"rate":{{rate}}}""");
        await scene.Operator.PostBad($"/v1/offers/{scene.Offer}/rates", """{"rate":1,"effectiveFrom":"2001-01-01T00:00:00Z"}""");
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task Numbers_of_a_reserved_ask_whose_product_overflows_are_refused()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var ask = $"{{\"mode\":\"reserved\",\"gpuHours\":24,\"gpus\":2000000000,\"durationDays\":2000000000";
        ask += $",\"programmeId\":\"{scene.Programme}\"";
        var before = await world.FingerprintAsync();
        foreach (var (path, body) in ((string, string)[])[("/v1/requests", ask + $",\"purpose\":\"Try\"}}"), ("/v1/quotes", ask + "}")])
        {
            var refused = (await scene.Startup.Send(HttpMethod.Post, path, body, [])).ExpectProblem(
                HttpStatusCode.BadRequest,
                "invalid",
                "gpus"
            );
            Assert.NotNull(refused["errors"]["durationDays"]);
        }

        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task Sums_that_would_overflow_are_refused_and_undone()
    {
        await using var world = await TestWorld.StartAsync("--Ledger:SecondApprovalCredits=100000000000");
        var scene = await world.Scene();
        HttpStatusCode status;
        var rounds = 0;
        do status = (
            await world.Admin.Post($"/v1/programmes/{scene.Programme}/fund", new { credits = 100_000_000_000m, reason = "Too much" })
        ).Status;
        while (status == HttpStatusCode.Created && ++rounds < 100);
        Assert.Equal(HttpStatusCode.Conflict, status);
        var before = await world.FingerprintAsync();
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/fund", new { credits = 100_000_000_000m, reason = "Too much" })).Expect(
            HttpStatusCode.Conflict
        );
        Assert.Equal(before, await world.FingerprintAsync());
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
    }
}
