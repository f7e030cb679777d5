using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>A grant's organization disputes usage. Its credits are held until somebody independent decides.</summary>
public sealed class UsageDisputeTests
{
    [Fact]
    public async Task A_dispute_holds_the_credits_and_a_rejection_gives_them_back_to_the_provider()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        var records = (await scene.ReportAsync(world, grant, (-4, -1), (-1, 0))).Ids;
        var dispute = (await DisputeAsync(scene, grant, records[0])).Expect(HttpStatusCode.Created);
        Assert.Equal(("open", 3m), (dispute.Text_("status"), dispute.Number("credits")));
        Assert.Equal((1m, 3m), await HeldAsync(world, scene));
        // The record stays as it is while it is disputed, and nobody disputes it twice.
        (await DisputeAsync(scene, grant, records[0])).ExpectProblem(HttpStatusCode.Conflict, "usage-disputed", "recordId");
        (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{records[0]}/void", new { reason = "Not theirs" })).ExpectProblem(
            HttpStatusCode.Conflict,
            "usage-disputed",
            "recordId"
        );
        var listed = (await scene.Operator.Get($"/v1/usage-disputes?grantId={grant}&status=open")).Expect(HttpStatusCode.OK);
        Assert.Equal(dispute.Text_("id"), listed["data"].AsArray().Single()!["id"]!.GetValue<string>());
        (await DecideAsync(world, dispute, "reject", ("If-Match", "\"9\""))).Expect(HttpStatusCode.PreconditionFailed);
        var rejected = (await DecideAsync(world, dispute, "reject", ("If-Match", dispute.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal(("rejected", "The logs show it"), (rejected.Text_("status"), rejected.Text_("decisionReason")));
        Assert.Equal((4m, 0m), await HeldAsync(world, scene));
        (await DecideAsync(world, dispute, "uphold", Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "dispute-not-open",
            "status"
        );
        (await DisputeAsync(scene, grant, records[0])).ExpectProblem(HttpStatusCode.Conflict, "usage-disputed", "recordId");
        await world.Verified();
    }

    [Fact]
    public async Task An_upheld_dispute_voids_the_record_and_its_credits_return_even_after_settlement()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        var records = (await scene.ReportAsync(world, grant, (-4, -2), (-2, 0))).Ids;
        var first = (await DisputeAsync(scene, grant, records[0])).Expect(HttpStatusCode.Created);
        (await DecideAsync(world, first, "uphold", Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal((2m, 0m), await HeldAsync(world, scene));
        Assert.Equal(8, (await scene.Startup.Get($"/v1/grants/{grant}")).Number("remainingGpuHours"));
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        var second = (await DisputeAsync(scene, grant, records[1])).Expect(HttpStatusCode.Created);
        (await DecideAsync(world, second, "uphold", Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal((0m, 0m), await HeldAsync(world, scene));
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(1_000 * 3_600, await world.Balance(scene.Offer, "capacity", "gpu:h100"));
        var record = (await scene.Startup.Get($"/v1/grants/{grant}/usage-records/{records[1]}")).Expect(HttpStatusCode.OK);
        Assert.NotEmpty(record.Text_("voidedAt"));
        Assert.Equal("The logs show it", record["revisions"][0]!["reason"]!.GetValue<string>());
        await world.Verified();
    }

    [Fact]
    public async Task Usage_is_disputed_until_a_week_after_settlement_and_earnings_are_payable_from_then_on()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        var records = (await scene.ReportAsync(world, grant, (-4, -1), (-1, 0))).Ids;
        var usedUntil = world.Now;
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1), scene.Startup, scene.Operator);
        var dispute = (await DisputeAsync(scene, grant, records[1])).Expect(HttpStatusCode.Created);
        Assert.Equal(0, await PayableAsync(world, scene));
        (await PayAsync(world, scene, 1)).ExpectProblem(HttpStatusCode.Conflict, "not-payable-yet", "transfers[0].amount");
        await world.PassAsync(TimeSpan.FromMinutes(1), scene.Startup, scene.Operator);
        (await DisputeAsync(scene, grant, records[0])).ExpectProblem(HttpStatusCode.Conflict, "dispute-too-late", "recordId");
        await AssertNothingIsCorrectedAsync(world, scene, grant, records[0], usedUntil);
        Assert.Equal(3, await PayableAsync(world, scene));
        (await scene.Startup.Post($"/v1/usage-disputes/{dispute.Id}/withdraw")).Expect(HttpStatusCode.OK);
        Assert.Equal(4, await PayableAsync(world, scene));
        Assert.Equal("accepted", (await PayAsync(world, scene, 4)).Expect(HttpStatusCode.OK)["results"][0]!["outcome"]!.GetValue<string>());
        Assert.Equal(0, await PayableAsync(world, scene));
        Assert.Equal(
            "usage.disputed usage.dispute-withdrawn",
            await world.ScalarAsync<string>("select string_agg(type, ' ' order by sequence) from events where type like 'usage.disp%'")
        );
        await world.Verified();
    }

    [Fact]
    public async Task What_is_earned_in_the_batch_that_pays_a_provider_is_not_payable_either()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (scene, grant) = await world.RunningGrant(5);
        await scene.ReportAsync(world, grant, (-4, -1));
        var record = new
        {
            id = Guid.NewGuid(),
            grantId = grant,
            gpus = 1,
            startedAt = world.Now.AddHours(-1),
            endedAt = world.Now,
        };
        var (reported, paid) = await world.InOneBatchAsync(
            () => scene.Operator.Post("/v1/usage-records", new { records = new[] { record } }),
            () => PayAsync(world, scene, 1)
        );
        reported.Expect(HttpStatusCode.OK);
        paid.ExpectProblem(HttpStatusCode.Conflict, "not-payable-yet", "transfers[0].amount");
        await world.Verified();
    }

    [Fact]
    public async Task A_dispute_that_is_upheld_in_the_batch_that_pays_leaves_payable_what_was()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (scene, ended) = await world.RunningGrant(5);
        await scene.ReportAsync(world, ended, (-4, 0));
        (await scene.Startup.Post($"/v1/grants/{ended}/close")).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{ended}/settle")).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromDays(7), scene.Startup, scene.Operator);
        var running = await scene.RunningGrant(world, 5);
        var record = (await scene.ReportAsync(world, running, (-1, 0))).Ids[0];
        var dispute = (await DisputeAsync(scene, running, record)).Expect(HttpStatusCode.Created);
        Assert.Equal(4, await PayableAsync(world, scene));
        var (upheld, paid) = await world.InOneBatchAsync(
            () => DecideAsync(world, dispute, "uphold", Person.AnyVersion),
            () => PayAsync(world, scene, 4)
        );
        upheld.Expect(HttpStatusCode.OK);
        Assert.Equal("accepted", paid.Expect(HttpStatusCode.OK)["results"][0]!["outcome"]!.GetValue<string>());
        Assert.Equal((0m, 0m), await HeldAsync(world, scene));
        await world.Verified();
    }

    [Fact]
    public async Task Only_the_organization_disputes_and_only_the_paying_programmes_administrators_decide()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        var record = (await scene.ReportAsync(world, grant, (-1, 0))).Ids[0];
        var child = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var below = await world.Member($"/v1/programmes/{child}/members", "programme-administrator");
        var path = $"/v1/grants/{grant}/usage-records/{record}/dispute";
        (await scene.Operator.Post(path, new { reason = "No" })).Expect(HttpStatusCode.Forbidden);
        (await below.Get($"/v1/grants/{grant}/usage-records/{record}")).Expect(HttpStatusCode.NotFound);
        (await scene.Startup.Post(path, new { })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "reason");
        (await DisputeAsync(scene, grant, Guid.NewGuid())).Expect(HttpStatusCode.NotFound);
        var dispute = (await DisputeAsync(scene, grant, record)).Expect(HttpStatusCode.Created);
        (await world.Admin.Post($"/v1/usage-disputes/{dispute.Id}/uphold", new { }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "reason"
        );
        (await below.Post($"/v1/usage-disputes/{dispute.Id}/uphold", new { reason = "No" }, Person.AnyVersion)).Expect(
            HttpStatusCode.NotFound
        );
        (await scene.Operator.Post($"/v1/usage-disputes/{dispute.Id}/reject", new { reason = "No" }, Person.AnyVersion)).Expect(
            HttpStatusCode.Forbidden
        );
        await world.Verified();
    }

    /// <summary>What is payable may have been paid: neither its provider nor an outage corrects it any more.</summary>
    private static async Task AssertNothingIsCorrectedAsync(TestWorld world, Scene scene, Guid grant, Guid record, DateTimeOffset usedUntil)
    {
        var before = await world.FingerprintAsync();
        var path = $"/v1/grants/{grant}/usage-records/{record}";
        (await scene.Operator.Post($"{path}/void", new { reason = "Not theirs" })).ExpectProblem(
            HttpStatusCode.Conflict,
            "usage-payable",
            "recordId"
        );
        var lower = new
        {
            gpus = 1,
            startedAt = usedUntil.AddHours(-4),
            endedAt = usedUntil.AddHours(-3),
            reason = "Metered again",
        };
        (await scene.Operator.Post($"{path}/replace", lower)).ExpectProblem(HttpStatusCode.Conflict, "usage-payable", "recordId");
        var outage = new
        {
            startedAt = usedUntil.AddHours(-3),
            endedAt = usedUntil.AddHours(-2),
            evidence = "The status page",
        };
        (await scene.Operator.Post($"/v1/offers/{scene.Offer}/outages", outage)).ExpectProblem(
            HttpStatusCode.Conflict,
            "usage-payable",
            "startedAt"
        );
        Assert.Equal(before, await world.FingerprintAsync());
    }

    private static Task<Reply> DisputeAsync(Scene scene, Guid grant, Guid record) =>
        scene.Startup.Post($"/v1/grants/{grant}/usage-records/{record}/dispute", new { reason = "We did not run then" });

    private static Task<Reply> DecideAsync(TestWorld world, Reply dispute, string verdict, (string, string) ifMatch) =>
        world.Admin.Post($"/v1/usage-disputes/{dispute.Id}/{verdict}", new { reason = "The logs show it" }, ifMatch);

    private static async Task<(decimal Earned, decimal Disputed)> HeldAsync(TestWorld world, Scene scene) =>
        (await world.Balance(scene.Provider, "earned"), await world.Balance(scene.Provider, "disputed"));

    private static async Task<decimal> PayableAsync(TestWorld world, Scene scene) =>
        (await world.Admin.Get($"/v1/accounts/{Earned(scene)}")).Expect(HttpStatusCode.OK).Number("payable");

    private static Guid Earned(Scene scene) => AccountIds.Of(AccountKind.Earned, LedgerUnit.Credit, scene.Provider);

    private static Task<Reply> PayAsync(TestWorld world, Scene scene, decimal credits) =>
        world.Admin.Post(
            "/v1/transfers",
            new
            {
                rootProgrammeId = scene.Programme,
                transfers = new[]
                {
                    new
                    {
                        id = Guid.CreateVersion7(world.Now),
                        kind = "posted",
                        debitAccountId = Earned(scene),
                        creditAccountId = AccountIds.Of(AccountKind.Issuance, LedgerUnit.Credit, scene.Programme),
                        amount = credits,
                        reason = "payout",
                    },
                },
            }
        );
}
