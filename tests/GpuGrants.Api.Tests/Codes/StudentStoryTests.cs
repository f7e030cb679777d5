using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Codes;

/// <summary>docs/students.md as it happens: a class, its codes, and a student who never saw the service before.</summary>
public sealed class StudentStoryTests
{
    [Fact]
    public async Task A_student_with_a_code_and_an_address_holds_a_grant_in_two_calls()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(credits: 1_000, capacity: 1_000, Scenes.PerMonth("8"));
        var terms = (
            await world.Admin.Post(
                "/v1/terms",
                new
                {
                    programmeId = scene.Programme,
                    title = "House rules",
                    text = "Be kind.",
                }
            )
        ).Expect(HttpStatusCode.Created);

        // The teacher mints a code for each of 20 students. What they need is put aside at once.
        var (batch, codes) = await world.Mint(scene, count: 20, new { tags = new[] { "deep-learning" }, durationDays = 14 });
        Assert.Equal(20, codes.Distinct().Count());
        Assert.Equal(900, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(900, await world.HoursOf(scene.Offer, "capacity"));
        Assert.Equal(100, await world.Balance(batch.Id, "codes"));
        Assert.Equal(100, await world.HoursOf(batch.Id, "codes"));

        // Minji types hers as she likes to. The first call is for her address, the second for her grant.
        var typed = codes[6].Replace("-", " ", StringComparison.Ordinal).ToLowerInvariant();
        var started = (await world.StartSignUpWith(typed, "minji@example.org")).Expect(HttpStatusCode.Accepted);
        var mailed = await world.ReadCodeAsync("minji@example.org");
        var made = (await world.CallAsync($"/v1/sign-ups/{started.Id}/confirm", new { code = mailed })).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", made["redemption"]["status"]!.GetValue<string>());
        Assert.Equal(5, made["redemption"]["gpuHours"]!.GetValue<decimal>());

        // The grant is hers, as the batch says.
        var minji = world.Holder(made["token"]["accessToken"]!.GetValue<string>());
        var grant = (await minji.Get($"/v1/grants/{made["redemption"]["grantId"]}")).Expect(HttpStatusCode.OK);
        Assert.Equal(made["organization"]["id"]!.GetValue<string>(), grant.Text_("organizationId"));
        Assert.Equal(scene.Offer.ToString(), grant.Text_("offerId"));
        Assert.Equal(world.Now.AddDays(14), grant["expiresAt"]!.GetValue<DateTimeOffset>());
        var request = (await minji.Get($"/v1/requests/{made["redemption"]["requestId"]}")).Expect(HttpStatusCode.OK);
        Assert.Equal("deep-learning", request["tags"][0]!.GetValue<string>());
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from term_acceptances where terms_id = $1", terms.Id));

        // It was paid from what was put aside for her code.
        Assert.Equal(900, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(95, await world.Balance(batch.Id, "codes"));
        Assert.Equal(95, await world.HoursOf(batch.Id, "codes"));
        var seen = (await world.Admin.Get($"/v1/code-batches/{batch.Id}")).Expect(HttpStatusCode.OK);
        Assert.Equal((1, 95m), (seen["redeemed"]!.GetValue<int>(), seen.Number("reservedCredits")));
        var listed = (await world.Admin.Get($"/v1/programmes/{scene.Programme}/code-batches")).Expect(HttpStatusCode.OK);
        Assert.True(JsonNode.DeepEquals(seen.Body, listed["data"].AsArray().Single()), listed.Text);

        // A second code of the class is for somebody else, and the rules count what she got.
        (await minji.Redeem(codes[7])).ExpectProblem(HttpStatusCode.Conflict, "code-batch-redeemed", "code");
        Assert.Equal("denied", (await minji.Ask(scene.Programme, 4)).Text_("status"));

        // What nobody redeemed in time returns.
        await world.PassAsync(TimeSpan.FromDays(30));
        Assert.Equal("ended", (await world.Admin.Get($"/v1/code-batches/{batch.Id}")).Text_("status"));
        Assert.Equal((0m, 0m), (await world.Balance(batch.Id, "codes"), await world.HoursOf(batch.Id, "codes")));
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
        (await world.StartSignUpWith(codes[8], "ravi@example.org")).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "grantCode");
        await world.ExpectNoMailAsync("ravi@example.org");
    }

    [Fact]
    public async Task Every_snippet_of_the_page_runs_from_mint_to_grant()
    {
        using var guide = await Guide.OpenAsync("students.md", atLeast: 6);
        if (guide is null)
            return;

        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await world.Scene();
        using var shell = guide.Start([
            .. world.ForGuides(),
            ("REDEEM_BY", world.Now.AddDays(30).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null)),
        ]);
        await world.TypeMailedCodeAsync(shell, "minji@example.org");
        Assert.Equal("active", await world.ScalarAsync<string>("select status from grants"));
    }
}
