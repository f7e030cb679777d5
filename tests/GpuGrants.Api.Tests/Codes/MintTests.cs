using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Codes;

/// <summary>Codes that nobody could ever redeem are not minted, and the refusal names the field.</summary>
public sealed class MintTests
{
    [Fact]
    public async Task Codes_for_grants_that_offer_or_programme_would_not_give_are_not_minted()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var small = await scene.Operator.Offer(scene.Programme, scene.Provider, max: 4, region: "kr-south");
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { maxGrantDays = 60 }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        (await scene.Operator.Patch($"/v1/offers/{small}", new { maxGpus = 2 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var large = await scene.Operator.Offer(scene.Programme, scene.Provider, 20_000_000, region: "kr-north");
        var before = await world.FingerprintAsync();
        foreach (
            var (more, field) in ((object, string)[])
                [
                    (new { offerId = small }, "gpuHours"),
                    (
                        new
                        {
                            offerId = small,
                            gpuHours = 4,
                            gpus = 3,
                        },
                        "gpus"
                    ),
                    (new { durationDays = 61 }, "durationDays"),
                    (
                        new
                        {
                            offerId = large,
                            gpuHours = 100_000,
                            count = 2_000,
                        },
                        "count"
                    ),
                ]
        )
            (await world.TryMint(scene, more: more)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", field);
        Assert.Equal(before, await world.FingerprintAsync());
        await world.Mint(
            scene,
            more: new
            {
                offerId = small,
                gpuHours = 4,
                gpus = 2,
            }
        );
    }

    [Fact]
    public async Task The_grant_of_the_code_that_is_redeemed_last_ends_within_offer_and_programme()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var redeemBy = world.Now.AddDays(30);
        var last = new { durationDays = 10, redeemBy };
        async Task EndsAsync(string path, double days)
        {
            var end = new { endsAt = world.Now.AddDays(days) };
            var changed = (
                await (path.StartsWith("/v1/offers", StringComparison.Ordinal) ? scene.Operator : world.Admin).Patch(
                    path,
                    end,
                    Person.AnyVersion
                )
            );
            changed.Expect(HttpStatusCode.OK);
            world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        }

        await EndsAsync($"/v1/offers/{scene.Offer}", 39);
        (await world.TryMint(scene, more: last)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "redeemBy");
        await world.Mint(scene, more: new { durationDays = 8, redeemBy });
        var elsewhere = await world.Programme(1_000);
        var other = scene with { Programme = elsewhere, Offer = await scene.Operator.Offer(elsewhere, scene.Provider) };
        await EndsAsync($"/v1/programmes/{elsewhere}", 39);
        (await world.TryMint(other, more: last)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "redeemBy");
        await world.Mint(other, more: new { durationDays = 8, redeemBy });
    }

    [Fact]
    public async Task Codes_that_are_over_by_another_replicas_clock_are_not_minted()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await world.ScalarAsync<long>(
            "with ahead as (update programme_trees set last_at = $2 where root_programme_id = $1 returning 1) select count(*) from ahead",
            scene.Programme,
            world.Now.AddHours(2)
        );
        (await world.TryMint(scene, more: new { redeemBy = world.Now.AddHours(1) })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "redeemBy"
        );
    }

    [Fact]
    public async Task Codes_need_a_programme_that_goes_on_an_open_offer_of_its_own_and_a_budget()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 10);
        var sibling = await world.Programme(100, terms: new { name = "Elsewhere" });
        var theirs = await scene.Operator.Offer(sibling, scene.Provider, region: "kr-south");
        var poor = await world.Programme(parentId: scene.Programme, terms: new { name = "Below" });
        var below = await scene.Operator.Offer(poor, scene.Provider, region: "kr-north");
        (await world.TryMint(scene, more: new { offerId = theirs })).ExpectProblem(HttpStatusCode.Conflict, "offer-not-open", "offerId");
        (await world.TryMint(scene, more: new { offerId = below })).ExpectProblem(HttpStatusCode.Conflict, "offer-not-open", "offerId");
        var refused = (await world.TryMint(scene, 3)).ExpectProblem(HttpStatusCode.Conflict, "budget-exhausted", "count");
        Assert.Equal(2, refused.Number("limit"));
        await world.Mint(scene, 1);
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/end")).Expect(HttpStatusCode.OK);
        (await world.TryMint(scene, 1)).ExpectProblem(HttpStatusCode.Conflict, "programme-ended", "id");
    }
}
