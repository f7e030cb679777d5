using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>Many verdicts in one call, each judged for itself.</summary>
public sealed class BulkVerdictTests
{
    [Fact]
    public async Task Each_verdict_is_given_or_refused_on_its_own_and_the_call_is_repeated_as_it_was()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100, rules: Scenes.PerRequest("1"));
        var reviewer = await world.Reviewer(scene.Programme);
        var elsewhere = await world.Programme(1_000);
        await scene.Operator.Offer(elsewhere, scene.Provider);
        await world.Policy(elsewhere, Scenes.PerRequest("1"));
        var (_, applicant) = await world.Organization(name: "Another");
        var inFull = await AskAsync(scene.Startup, scene.Programme);
        var inPart = await AskAsync(applicant, scene.Programme);
        var denied = await AskAsync(scene.Startup, scene.Programme);
        var stale = await AskAsync(scene.Startup, scene.Programme);
        var tooMuch = await AskAsync(scene.Startup, scene.Programme);
        var hidden = await AskAsync(scene.Startup, elsewhere);
        var withdrawn = await AskAsync(scene.Startup, scene.Programme);
        (await scene.Startup.Post($"/v1/requests/{withdrawn.Id}/withdraw")).Expect(HttpStatusCode.OK);
        var body = new
        {
            verdicts = new object[]
            {
                Approve(inFull, comment: "Good luck"),
                new
                {
                    requestId = Guid.NewGuid(),
                    version = 1,
                    verdict = "approve",
                },
                Approve(inPart, gpuHours: 4),
                Deny(denied),
                Approve(stale, version: 7),
                Approve(tooMuch, gpuHours: 11),
                Approve(hidden),
                Deny(withdrawn, version: 2),
            },
        };
        var decided = (await reviewer.Post("/v1/reviews/verdicts", body, ("Idempotency-Key", "many"))).Expect(HttpStatusCode.OK);
        Assert.Equal(
            [
                (inFull.Id, "approved", null),
                (Result(decided, 1).Id, "refused", "not-found"),
                (inPart.Id, "approved", null),
                (denied.Id, "denied", null),
                (stale.Id, "refused", "stale"),
                (tooMuch.Id, "refused", "invalid"),
                (hidden.Id, "refused", "not-found"),
                (withdrawn.Id, "refused", "request-not-open"),
            ],
            Enumerable.Range(0, 8).Select(i => Result(decided, i))
        );
        Assert.Equal("version", Member(decided, 4, "field"));
        Assert.Equal("gpuHours", Member(decided, 5, "field"));
        var grant = (await scene.Startup.Get($"/v1/grants/{Member(decided, 2, "grantId")}")).Status;
        Assert.Equal(HttpStatusCode.NotFound, grant);
        Assert.Equal(4, (await applicant.Get($"/v1/grants/{Member(decided, 2, "grantId")}")).Number("gpuHours"));
        Assert.Equal("approved", (await scene.Startup.Get($"/v1/requests/{inFull.Id}")).Text_("status"));
        Assert.Equal("in-review", (await scene.Startup.Get($"/v1/requests/{stale.Id}")).Text_("status"));

        var again = (await reviewer.Post("/v1/reviews/verdicts", body, ("Idempotency-Key", "many"))).Expect(HttpStatusCode.OK);
        Assert.True(again.IsReplay);
        Assert.Equal(decided.Text, again.Text);
        Assert.Equal(2L, await world.ScalarAsync<long>("select count(*) from grants"));
        // 14 are granted, and 20 are still held.
        Assert.Equal(66, await world.Balance(scene.Programme, "budget"));
        await world.Verified();
    }

    [Fact]
    public async Task A_verdict_meets_what_the_one_before_it_left_and_nobody_decides_for_themselves()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("1"));
        var (first, second) = (await AskAsync(scene.Startup, scene.Programme), await AskAsync(scene.Startup, scene.Programme));
        await world.Policy(scene.Programme, Scenes.Lifetime("15"));
        var mine = (await world.Admin.NewOrganization("Mine")).Expect(HttpStatusCode.Created);
        var own = await world.Admin.Ask(scene.Programme, 10, new { organizationId = mine.Id });
        // The other request still holds ten hours, so the first would exceed the limit, until the other is denied.
        var decided = await DecideAsync(Approve(first), Approve(own), Deny(second));
        Assert.Equal(
            [("refused", "quota-exceeded"), ("refused", "own-request"), ("denied", null)],
            Enumerable.Range(0, 3).Select(i => (Result(decided, i).Status, Result(decided, i).Code))
        );
        Assert.Equal("approved", Result(await DecideAsync(Approve(first)), 0).Status);
        await world.Verified();

        async Task<Reply> DecideAsync(params object[] verdicts) =>
            (await world.Admin.Post("/v1/reviews/verdicts", new { verdicts }, ("Idempotency-Key", Guid.NewGuid().ToString()))).Expect(
                HttpStatusCode.OK
            );
    }

    [Fact]
    public async Task A_call_that_is_no_list_of_verdicts_is_refused_with_its_field_and_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("1"));
        var reviewer = await world.Reviewer(scene.Programme);
        var asked = await AskAsync(scene.Startup, scene.Programme);
        var good = new
        {
            requestId = asked.Id,
            version = 1,
            verdict = "approve",
        };
        await RefusedAsync("verdicts", new { });
        await RefusedAsync("verdicts", new { verdicts = Array.Empty<object>() });
        await RefusedAsync("verdicts", new { verdicts = Enumerable.Repeat(good, 101) });
        await RefusedAsync("verdicts", new { verdicts = new[] { good, good } });
        await RefusedAsync("verdicts[0].verdict", new { verdicts = new[] { good with { verdict = "perhaps" } } });
        await RefusedAsync("verdicts[0].version", new { verdicts = new[] { new { requestId = asked.Id, verdict = "approve" } } });
        await RefusedAsync("verdicts[0].reason", new { verdicts = new[] { good with { verdict = "deny" } } });
        await RefusedAsync(
            "verdicts[0].gpuHours",
            new
            {
                verdicts = new[]
                {
                    new
                    {
                        requestId = asked.Id,
                        version = 1,
                        verdict = "deny",
                        reason = "No",
                        gpuHours = 1,
                    },
                },
            }
        );
        Assert.Equal("in-review", (await scene.Startup.Get($"/v1/requests/{asked.Id}")).Text_("status"));

        async Task RefusedAsync(string field, object body) =>
            (await reviewer.Post("/v1/reviews/verdicts", body)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", field);
    }

    private static Task<Reply> AskAsync(Person person, Guid programme) => person.Ask(programme, 10);

    private static object Approve(Reply asked, decimal? gpuHours = null, string? comment = null, long version = 1) =>
        new
        {
            requestId = asked.Id,
            version,
            verdict = "approve",
            gpuHours,
            comment,
        };

    private static object Deny(Reply asked, long version = 1) =>
        new
        {
            requestId = asked.Id,
            version,
            verdict = "deny",
            reason = "Not this time",
        };

    private static (Guid Id, string Status, string? Code) Result(Reply reply, int i)
    {
        var one = reply["results"][i]!;
        return (one["requestId"]!.GetValue<Guid>(), one["status"]!.GetValue<string>(), one["code"]?.GetValue<string>());
    }

    private static string? Member(Reply reply, int i, string name) => reply["results"][i]![name]?.GetValue<string>();
}
