using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Tests.Independence;

/// <summary>What a rule asks several people for, one person gets by no other way.</summary>
public sealed class SeveralApprovalsTests
{
    [Fact]
    public async Task An_override_of_a_rule_that_asks_for_several_people_waits_for_as_many()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        Person[] reviewers =
        [
            await world.Reviewer(scene.Programme),
            await world.Reviewer(scene.Programme),
            await world.Reviewer(scene.Programme),
        ];
        var policy = await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 3));
        var proposed = (await reviewers[0].Post("/v1/quota-overrides", Override(50))).Expect(HttpStatusCode.Accepted);
        Assert.Equal(("proposed", 3m), (proposed.Text_("status"), proposed.Number("approvalsNeeded")));
        Assert.Equal("in-review", (await scene.Startup.Post("/v1/requests?dryRun=true", Ask())).Text_("status"));
        var path = $"/v1/change-proposals/{proposed.Id}";
        var read = await reviewers[1].Get(path);
        (await Approve(reviewers[0], path, read)).ExpectProblem(HttpStatusCode.Forbidden, "own-proposal");
        var endorsed = (await Approve(reviewers[1], path, read)).Expect(HttpStatusCode.OK);
        Assert.Equal("proposed", endorsed.Text_("status"));
        (await Approve(reviewers[1], path, endorsed)).ExpectProblem(HttpStatusCode.Conflict, "approved-before");
        (await Approve(reviewers[2], path, read)).ExpectProblem(HttpStatusCode.PreconditionFailed, "stale");
        var approved = (await Approve(reviewers[2], path, endorsed)).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", approved.Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Post("/v1/requests?dryRun=true", Ask())).Text_("status"));
        // Lowering a limit is what anybody may do alone.
        (await reviewers[0].Post($"/v1/quota-overrides/{approved.Text_("resultId")}/end")).Expect(HttpStatusCode.OK);
        var lower = (await reviewers[0].Post("/v1/quota-overrides", Override(5))).Expect(HttpStatusCode.Created);
        (await reviewers[0].Post($"/v1/quota-overrides/{lower.Id}/end")).Expect(HttpStatusCode.Accepted);

        object Override(int hours) => PolicyScenes.Override(policy, "several", scene.Organization, "replace", hours);
        object Ask() =>
            new
            {
                programmeId = scene.Programme,
                gpuHours = 40,
                purpose = "Train",
            };
    }

    [Fact]
    public async Task People_whom_an_administrator_only_named_do_not_count_where_several_have_to_agree()
    {
        await using var world = await TestWorld.StartAsync("--Ledger:SecondApprovalCredits=1000");
        var scene = await world.Scene(rules: Scenes.SeveralApprove("10", 2));
        var members = $"/v1/programmes/{scene.Programme}/members";
        // One human names as many principals as they like.
        var names = new List<Person>();
        await world.Waive();
        foreach (var role in (string[])["programme-reviewer", "programme-reviewer", "programme-administrator"])
            names.Add(await world.Named(members, role));
        var proved = await world.Reviewer(scene.Programme);
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var path = $"/v1/requests/{asked.Id}";
        foreach (var name in names)
            (await Approve(name, path, asked)).ExpectProblem(HttpStatusCode.Conflict, "approver-not-proved");
        var endorsed = (await Approve(proved, path, asked)).Expect(HttpStatusCode.OK);
        (await Approve(names[0], path, endorsed)).ExpectProblem(HttpStatusCode.Conflict, "approver-not-proved");
        // What one person may decide alone, a named one decides too.
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));

        var given = PolicyScenes.Override(
            Guid.Parse(asked["decision"]["evaluations"]![0]!["policyId"]!.GetValue<string>()),
            "several",
            scene.Organization,
            "replace",
            500
        );
        var proposed = (await names[0].Post("/v1/quota-overrides", given)).Expect(HttpStatusCode.Accepted);
        Assert.Equal(3m, proposed.Number("approvalsNeeded"));
        var proposal = $"/v1/change-proposals/{proposed.Id}";
        (await Approve(names[1], proposal, await names[1].Get(proposal))).ExpectProblem(HttpStatusCode.Conflict, "approver-not-proved");
        var second = (await Approve(proved, proposal, await proved.Get(proposal))).Expect(HttpStatusCode.OK);
        Assert.Equal("proposed", second.Text_("status"));
        var third = (await Approve(world.Admin, proposal, second)).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", third.Text_("status"));

        var named = await world.Named("/v1/administrators", null);
        var fund = new { credits = 5_000, reason = "A sponsor pays" };
        (await named.Post($"/v1/programmes/{scene.Programme}/fund", fund)).ExpectProblem(HttpStatusCode.Conflict, "approver-not-proved");
        var waits = (await world.Admin.Post($"/v1/programmes/{scene.Programme}/fund", fund)).Expect(HttpStatusCode.Accepted);
        (await named.Post($"/v1/transfer-proposals/{waits.Id}/approve", new { }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "approver-not-proved"
        );

        // Where neither mail nor an issuer proves anybody, those who run the service vouch for people one by one.
        string[] vouched =
        [
            $"--Access:ConfirmedPrincipals:0={named.PrincipalId}",
            $"--Access:ConfirmedPrincipals:1={names[0].PrincipalId}",
        ];
        await using (var closed = await world.StartSecondAsync(vouched))
        {
            var again = (await scene.Startup.On(closed).Ask(scene.Programme, 600)).Expect(HttpStatusCode.Created);
            var waiting = $"/v1/requests/{again.Id}";
            (await Approve(names[1].On(closed), waiting, again)).ExpectProblem(HttpStatusCode.Conflict, "approver-not-proved");
            var first = (await Approve(names[0].On(closed), waiting, again)).Expect(HttpStatusCode.OK);
            Assert.Equal("in-review", first.Text_("status"));
            (await Approve(names[0].On(closed), waiting, first)).ExpectProblem(HttpStatusCode.Conflict, "approved-before");
            var moved = await named.On(closed).Post($"/v1/transfer-proposals/{waits.Id}/approve", new { }, Person.AnyVersion);
            Assert.Equal("posted", moved.Expect(HttpStatusCode.OK).Text_("status"));
        }

        foreach (var proof in (string[])["--Mail:Host=smtp.example", "--Access:TrustedIssuers:0:Address=https://issuer.example"])
            await Assert.ThrowsAsync<OptionsValidationException>(() => world.StartSecondAsync([.. vouched, proof]));
    }

    [Fact]
    public async Task An_override_does_not_come_with_the_approval_of_a_request_when_its_rule_asks_for_several()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        Person[] reviewers = [await world.Reviewer(scene.Programme), await world.Reviewer(scene.Programme)];
        var policy = await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var endorsed = (await Approve(reviewers[0], $"/v1/requests/{asked.Id}", asked)).Expect(HttpStatusCode.OK);
        var given = PolicyScenes.Override(policy, "several", scene.Organization, "replace", 500);
        (await reviewers[1].Post($"/v1/requests/{asked.Id}/approve", new { @override = given }, ("If-Match", endorsed.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "more-approvals-needed"
        );
    }

    [Fact]
    public async Task A_request_that_one_person_approves_brings_no_override_of_another_rule_that_asks_for_several()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var reviewer = await world.Reviewer(scene.Programme);
        var several = (JsonObject)Scenes.Lifetime("100", "review", "several");
        several["approvals"] = new JsonObject { ["count"] = 2 };
        var policy = await world.Policy(scene.Programme, Scenes.PerRequest("10"), several);
        var asked = (await scene.Startup.Ask(scene.Programme, 40)).Expect(HttpStatusCode.Created);
        Assert.Equal(("in-review", 1m), (asked.Text_("status"), asked.Number("approvalsNeeded")));
        object Given(int hours) => PolicyScenes.Override(policy, "several", scene.Organization, "replace", hours);
        var before = await world.FingerprintAsync();
        (await ApproveWith(500)).ExpectProblem(HttpStatusCode.Conflict, "more-approvals-needed", "override");
        Assert.Equal(before, await world.FingerprintAsync());
        // Whoever may lower a limit alone does so with the approval too.
        Assert.Equal("approved", (await ApproveWith(90)).Expect(HttpStatusCode.OK).Text_("status"));

        Task<Reply> ApproveWith(int hours) =>
            reviewer.Post($"/v1/requests/{asked.Id}/approve", new { @override = Given(hours) }, ("If-Match", asked.ETag));
    }

    [Fact]
    public async Task Several_people_grant_the_least_that_any_of_them_endorsed()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        Person[] reviewers = [await world.Reviewer(scene.Programme), await world.Reviewer(scene.Programme)];
        var policy = await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var endorsed = (
            await reviewers[0].Post($"/v1/requests/{asked.Id}/approve", new { gpuHours = 15 }, ("If-Match", asked.ETag))
        ).Expect(HttpStatusCode.OK);
        var approved = (
            await reviewers[1].Post($"/v1/requests/{asked.Id}/approve", new { gpuHours = 30 }, ("If-Match", endorsed.ETag))
        ).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", approved.Text_("status"));
        Assert.Equal(985, await world.Balance(scene.Programme, "budget"));
        var increase = (await scene.Startup.AskIncrease(policy, "several", 30)).Expect(HttpStatusCode.Created);
        var path = $"/v1/quota-increases/{increase.Id}";
        var first = (await reviewers[0].Post($"{path}/approve", new { limit = 20 }, ("If-Match", increase.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("in-review", first.Text_("status"));
        (await Approve(reviewers[0], path, first)).ExpectProblem(HttpStatusCode.Conflict, "approved-before");
        var second = (await Approve(reviewers[1], path, first)).Expect(HttpStatusCode.OK);
        Assert.Equal(("approved", 20m), (second.Text_("status"), second.Number("granted")));
    }

    [Fact]
    public async Task Whoever_would_review_such_requests_is_let_in_by_as_many_people()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var second = await world.Member("/v1/administrators", null);
        await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        var members = $"/v1/programmes/{scene.Programme}/members";
        var proposed = (await world.Admin.Post(members, new { name = "A friend", role = "programme-reviewer" })).Expect(
            HttpStatusCode.Accepted
        );
        (await world.Admin.Post("/v1/administrators", new { name = "Another friend" })).Expect(HttpStatusCode.Accepted);
        Assert.DoesNotContain("A friend", (await world.Admin.Get(members)).Text, StringComparison.Ordinal);
        var path = $"/v1/change-proposals/{proposed.Id}";
        var approved = (await Approve(second, path, await second.Get(path))).Expect(HttpStatusCode.OK);
        Assert.NotEmpty(approved["member"]["client"]!["clientSecret"]!.GetValue<string>());
        Assert.Contains("A friend", (await world.Admin.Get(members)).Text, StringComparison.Ordinal);
        // An operator of a provider decides nothing of it.
        (await world.Admin.Post($"/v1/providers/{scene.Provider}/operators", new { name = "An operator" })).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Two_clients_or_two_principals_of_one_person_are_one_person()
    {
        await using var world = await TestWorld.StartAsync("--Ledger:SecondApprovalCredits=1000");
        var scene = await world.Scene();
        await world.Fund(scene.Programme, 1_000);
        var members = $"/v1/programmes/{scene.Programme}/members";
        var one = await world.Member(members, "programme-administrator");
        var made = (await one.Post("/v1/clients", new { name = "A second client" })).Expect(HttpStatusCode.Created);
        Person[] same =
        [
            new(world.Http, made.Text_("clientId"), made.Text_("clientSecret"), one.PrincipalId),
            // No platform administrator says that another person is behind it.
            await world.Member(members, "programme-administrator", by: one),
        ];
        var other = await world.Member(members, "programme-administrator");
        var policy = await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var endorsed = (await Approve(one, $"/v1/requests/{asked.Id}", asked)).Expect(HttpStatusCode.OK);
        var increase = (await scene.Startup.AskIncrease(policy, "several", 30)).Expect(HttpStatusCode.Created);
        var first = (await Approve(one, $"/v1/quota-increases/{increase.Id}", increase)).Expect(HttpStatusCode.OK);
        var retiring = (await one.Post($"/v1/quota-policies/{policy}/retire", new { }, Person.AnyVersion)).Expect(HttpStatusCode.Accepted);
        var credits = (
            await one.Post(
                "/v1/transfer-proposals",
                new
                {
                    kind = "write-off",
                    programmeId = scene.Programme,
                    credits = 1_200,
                    reason = "Not needed",
                }
            )
        ).Expect(HttpStatusCode.Created);
        (string Path, Reply Read, HttpStatusCode Status, string Code)[] ways =
        [
            ($"/v1/requests/{asked.Id}", endorsed, HttpStatusCode.Conflict, "approved-before"),
            ($"/v1/quota-increases/{increase.Id}", first, HttpStatusCode.Conflict, "approved-before"),
            (
                $"/v1/change-proposals/{retiring.Id}",
                await other.Get($"/v1/change-proposals/{retiring.Id}"),
                HttpStatusCode.Forbidden,
                "own-proposal"
            ),
            ($"/v1/transfer-proposals/{credits.Id}", credits, HttpStatusCode.Forbidden, "own-proposal"),
        ];
        foreach (var (path, read, status, code) in ways)
        {
            foreach (var self in same)
                (await Approve(self, path, read)).ExpectProblem(status, code);
            (await Approve(other, path, read)).Expect(HttpStatusCode.OK);
        }

        Assert.Equal(
            0L,
            await world.ScalarAsync<long>(
                "select count(*) from requests where cardinality(approved_by) <> 2 or people_behind(approved_by) <> 2"
            )
        );
        await Assert.ThrowsAsync<PostgresException>(() =>
            world.ScalarAsync<long>($"update requests set approved_by = array['{one.PrincipalId}', '{same[1].PrincipalId}']::uuid[]")
        );
    }

    [Fact]
    public async Task An_invited_reviewer_waits_for_as_many_people()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var members = $"/v1/programmes/{scene.Programme}/members";
        var (one, other) = (await world.Member(members, "programme-administrator"), await world.Member(members, "programme-administrator"));
        await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        var joined = (await world.JoinAsync(one, "jisoo@example.org", "programme-reviewer", scene.Programme)).Expect(
            HttpStatusCode.Created
        );
        var invited = world.PersonOf(joined);
        Assert.Empty((await invited.Get("/v1/me"))["roles"].AsArray());
        var path = $"/v1/change-proposals/{joined.Text_("changeProposalId")}";
        (await Approve(one, path, await one.Get(path))).ExpectProblem(HttpStatusCode.Forbidden, "own-proposal");
        Assert.DoesNotContain("Jisoo", (await other.Get(path)).Text, StringComparison.Ordinal);
        (await Approve(other, path, await other.Get(path))).Expect(HttpStatusCode.OK);
        Assert.Single((await invited.Get("/v1/me"))["roles"].AsArray());
        (await invited.Get("/v1/change-proposals")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_policy_with_such_a_rule_is_loosened_or_retired_by_as_many_people_and_tightened_by_one()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var second = await world.Member("/v1/administrators", null);
        var policy = await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        (await Publish("9", 2)).Expect(HttpStatusCode.OK);
        (await Publish("10", 2)).Expect(HttpStatusCode.Accepted);
        var proposed = (await Publish("9", 1)).Expect(HttpStatusCode.Accepted);
        (await world.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, Person.AnyVersion)).Expect(HttpStatusCode.Accepted);
        var asked = await scene.Startup.Ask(scene.Programme, 20);
        Assert.Equal(2, asked.Number("approvalsNeeded"));
        var path = $"/v1/change-proposals/{proposed.Id}";
        (await Approve(second, path, await second.Get(path))).Expect(HttpStatusCode.OK);
        Assert.Equal(1, (await scene.Startup.Ask(scene.Programme, 20)).Number("approvalsNeeded"));

        Task<Reply> Publish(string hours, int count) => world.Publish(policy, Scenes.SeveralApprove(hours, count));
    }

    [Fact]
    public async Task A_proposal_lapses_after_a_week_and_a_waiver_lets_the_only_administrator_alone()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var reviewer = await world.Reviewer(scene.Programme);
        await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        var members = $"/v1/programmes/{scene.Programme}/members";
        var proposed = (await world.Admin.Post(members, new { name = "A friend" })).Expect(HttpStatusCode.Accepted);
        await world.PassAsync(TimeSpan.FromHours(168), reviewer);
        var path = $"/v1/change-proposals/{proposed.Id}";
        Assert.Equal("lapsed", (await reviewer.Get(path)).Text_("status"));
        var waiver = new { reason = "We are one person so far", expiresAt = world.Now.AddDays(1) };
        (await world.Admin.Post("/v1/independence-waivers", waiver)).Expect(HttpStatusCode.Created);
        (await world.Admin.Post(members, new { name = "A colleague" })).Expect(HttpStatusCode.Created);
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from events where type = 'independence-waiver.used'"));
        await world.PassAsync(TimeSpan.FromDays(1), reviewer);
        (await world.Admin.Post(members, new { name = "Too late" })).Expect(HttpStatusCode.Accepted);
        foreach (
            var sql in (string[])
                [
                    "update change_proposals set approved_by = approved_by || gen_random_uuid(), status = 'approved', updated_at = expires_at",
                    "update change_proposals set approved_by = approved_by || approved_by",
                    "delete from change_proposals",
                ]
        )
            await Assert.ThrowsAsync<PostgresException>(() => world.ScalarAsync<long>(sql));
    }

    private static Task<Reply> Approve(Person person, string path, Reply read) =>
        person.Post($"{path}/approve", new { }, ("If-Match", read.ETag), ("Idempotency-Key", Guid.NewGuid().ToString()));
}
