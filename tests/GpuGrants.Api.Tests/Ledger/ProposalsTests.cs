using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>Credits that administrators move: alone up to a limit, above it with a second person.</summary>
public sealed class ProposalsTests
{
    private const string Limit = "--Ledger:SecondApprovalCredits=100";

    [Fact]
    public async Task Up_to_the_limit_it_moves_at_once_and_the_trail_says_who_when_why_and_through_which_client()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var programme = await world.Programme();
        var moved = await Propose(world.Admin, "fund", programme, 100);
        Assert.Equal(("posted", 100), (moved.Text_("status"), await world.Balance(programme, "budget")));
        var transfer = (await world.Admin.Get($"/v1/transfers/{moved.Text_("transferId")}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("fund", "Agreed with the sponsor"), (transfer.Text_("reason"), transfer.Text_("note")));
        var read = (await world.Admin.Get($"/v1/transfer-proposals/{moved.Id}")).Expect(HttpStatusCode.OK);
        Assert.True(JsonNode.DeepEquals(moved.Body, read.Body), $"{moved.Text}\n{read.Text}");
        Assert.Equal(
            (world.Admin.ClientId, "Agreed with the sponsor", programme.ToString()),
            (read.Text_("clientId"), read.Text_("reason"), read.Text_("programmeId"))
        );
        Assert.Equal((await world.Admin.Get("/v1/me")).Text_("principalId"), read.Text_("proposedBy"));
        Assert.Equal(
            1,
            await world.ScalarAsync<long>(
                "select count(*) from events where type = 'transfer-proposal.posted' and resource_id = $1 and data ->> 'kind' = 'fund'",
                moved.Id.ToString()
            )
        );
    }

    [Fact]
    public async Task Above_the_limit_the_credits_are_held_until_another_administrator_approves()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var (programme, second) = (await world.Programme(100), await world.Member("/v1/administrators", null));
        await world.Fund(programme, 100);
        var proposed = await Propose(world.Admin, "write-off", programme, 150);
        Assert.Equal(("awaiting-approval", 50), (proposed.Text_("status"), await world.Balance(programme, "budget")));
        Assert.Equal(0, await world.Balance(programme, "breakage"));
        var approved = (await Approve(second, proposed)).Expect(HttpStatusCode.OK);
        Assert.Equal(
            ("posted", second.PrincipalId.ToString(), second.ClientId),
            (approved.Text_("status"), approved.Text_("decidedBy"), approved.Text_("decidedClientId"))
        );
        Assert.Equal((50, 150), (await world.Balance(programme, "budget"), await world.Balance(programme, "breakage")));
        var post = (await world.Admin.Get($"/v1/transfers/{approved.Text_("transferId")}")).Expect(HttpStatusCode.OK);
        Assert.Equal(
            ("post", proposed.Id.ToString(), second.ClientId),
            (post.Text_("kind"), post.Text_("pendingId"), post.Text_("clientId"))
        );
        Assert.Equal(
            1,
            await world.ScalarAsync<long>(
                "select count(*) from events where type = 'transfer-proposal.posted' and resource_id = $1 and actor_id = $2",
                proposed.Id.ToString(),
                second.PrincipalId
            )
        );
    }

    [Fact]
    public async Task Nobody_decides_a_proposal_of_their_own_through_whichever_client()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var programme = await world.Programme(100);
        var proposed = await Propose(world.Admin, "fund", programme, 101);
        var made = (await world.Admin.Post("/v1/clients", new { name = "A second client" })).Expect(HttpStatusCode.Created);
        var otherClient = world.PersonOf(made.Body!, world.Admin.PrincipalId);
        var before = await world.FingerprintAsync();
        foreach (var self in (Person[])[world.Admin, otherClient])
        {
            (await Approve(self, proposed)).ExpectProblem(HttpStatusCode.Forbidden, "own-proposal");
            (await Reject(self, proposed)).ExpectProblem(HttpStatusCode.Forbidden, "own-proposal");
        }

        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task A_rejected_proposal_returns_what_was_held_and_is_decided_for_good()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var (programme, second) = (await world.Programme(100), await world.Member("/v1/administrators", null));
        await world.Fund(programme, 50);
        var proposed = await Propose(world.Admin, "write-off", programme, 120);
        (await second.Post($"/v1/transfer-proposals/{proposed.Id}/approve")).ExpectProblem(
            HttpStatusCode.PreconditionRequired,
            "precondition-required"
        );
        var rejected = (await Reject(second, proposed)).Expect(HttpStatusCode.OK);
        Assert.Equal(("rejected", "Not agreed"), (rejected.Text_("status"), rejected.Text_("comment")));
        Assert.Equal((150, 0), (await world.Balance(programme, "budget"), await world.Balance(programme, "breakage")));
        (await Approve(second, rejected)).ExpectProblem(HttpStatusCode.Conflict, "proposal-not-open", "status");
    }

    [Fact]
    public async Task The_first_of_two_approvals_at_once_wins_and_the_other_is_told_that_it_changed()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var programme = await world.Programme();
        Person[] others = [await world.Member("/v1/administrators", null), await world.Member("/v1/administrators", null)];
        foreach (var other in others)
            await other.TokenAsync();
        var proposed = await Propose(world.Admin, "fund", programme, 500);
        var replies = await Task.WhenAll(others.Select(other => Approve(other, proposed)));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.PreconditionFailed], replies.Select(reply => reply.Status).Order());
        Assert.Equal(500, await world.Balance(programme, "budget"));
    }

    [Fact]
    public async Task What_nobody_approves_in_time_returns_by_itself()
    {
        await using var world = await TestWorld.StartAsync(Limit, "--Ledger:ApprovalHours=1");
        var (programme, second) = (await world.Programme(100), await world.Member("/v1/administrators", null));
        await world.Fund(programme, 50);
        var proposed = await Propose(world.Admin, "write-off", programme, 120);
        Assert.Equal(30, await world.Balance(programme, "budget"));
        await world.PassAsync(TimeSpan.FromMinutes(30), second);
        Assert.Equal(30, await world.Balance(programme, "budget"));
        await world.PassAsync(TimeSpan.FromMinutes(31), second);
        Assert.Equal(150, await world.Balance(programme, "budget"));
        var expired = (await world.Admin.Get($"/v1/transfer-proposals/{proposed.Id}")).Expect(HttpStatusCode.OK);
        Assert.Equal("expired", expired.Text_("status"));
        Assert.Null(expired.Body!["decidedBy"]);
        (await Approve(second, expired)).ExpectProblem(HttpStatusCode.Conflict, "proposal-not-open");
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from events where type = 'transfer-proposal.expired'"));
    }

    [Fact]
    public async Task A_correction_above_the_limit_names_what_it_corrects_once_it_is_approved()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var (programme, second) = (await world.Programme(), await world.Member("/v1/administrators", null));
        var wrong = (await Approve(second, await Propose(world.Admin, "fund", programme, 500)))
            .Expect(HttpStatusCode.OK)
            .Text_("transferId");
        (await Correct(world.Admin, wrong, 501)).ExpectProblem(HttpStatusCode.Conflict, "amount-exceeds-corrected", "credits");
        var proposed = (await Correct(world.Admin, wrong, 400)).Expect(HttpStatusCode.Created);
        Assert.Equal(100, await world.Balance(programme, "budget"));
        var approved = (await Approve(second, proposed)).Expect(HttpStatusCode.OK);
        Assert.Equal(wrong, (await world.Admin.Get($"/v1/transfers/{approved.Text_("transferId")}")).Text_("correctsId"));
        Assert.Equal(100, await world.Balance(programme, "budget"));
        Assert.Equal("posted", (await Correct(world.Admin, wrong, 100)).Expect(HttpStatusCode.Created).Text_("status"));
        Assert.Equal(0, await world.Balance(programme, "budget"));
    }

    [Fact]
    public async Task A_transfer_moves_between_budgets_of_one_tree_and_never_to_another_tree()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var root = await world.Programme(100);
        var (child, stranger) = (await world.Programme(parentId: root), await world.Programme(50));
        var moved = (await MoveAsync(root, 30)).Expect(HttpStatusCode.Created);
        Assert.Equal((70, 30), (await world.Balance(root, "budget"), await world.Balance(child, "budget")));
        (await MoveAsync(stranger, 30)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "fromProgrammeId");
        (await MoveAsync(root, 71)).ExpectProblem(HttpStatusCode.Conflict, "insufficient-balance", "credits");
        Assert.Equal(moved.Id.ToString(), Assert.Single(await List(world.Admin, $"?kind=transfer&programmeId={root}")));

        Task<Reply> MoveAsync(Guid from, decimal credits) =>
            world.Admin.Post(
                "/v1/transfer-proposals",
                new
                {
                    kind = "transfer",
                    fromProgrammeId = from,
                    programmeId = child,
                    credits,
                    reason = "A share",
                }
            );
    }

    [Fact]
    public async Task The_trail_is_filtered_paged_and_shown_to_those_whose_programme_it_is()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var (mine, other) = (await world.Programme(100), await world.Programme(100));
        var administrator = await world.Member($"/v1/programmes/{mine}/members", "programme-administrator");
        var waits = await Propose(world.Admin, "fund", mine, 101);
        var written = await Propose(administrator, "write-off", mine, 1);
        Assert.Equal([waits.Id.ToString()], await List(world.Admin, "?status=awaiting-approval"));
        Assert.Equal([written.Id.ToString()], await List(world.Admin, $"?proposedBy={administrator.PrincipalId}"));
        Assert.Equal(3, (await List(administrator, "")).Length);
        Assert.Equal(4, (await List(world.Admin, "")).Length);
        var page = (await world.Admin.Get("/v1/transfer-proposals?limit=1")).Expect(HttpStatusCode.OK);
        Assert.NotEmpty(
            (await world.Admin.Get($"/v1/transfer-proposals?limit=1&cursor={page.Text_("nextCursor")}"))
                .Expect(HttpStatusCode.OK)["data"]
                .AsArray()
        );
        (await world.Admin.Get("/v1/transfer-proposals?status=open")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "status");
        var theirs = Assert.Single(await List(world.Admin, $"?programmeId={other}"));
        (await administrator.Get($"/v1/transfer-proposals/{theirs}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await Approve(administrator, waits)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task A_repetition_with_its_key_answers_the_same_although_the_programme_has_ended_since()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var root = await world.Programme(100);
        var child = await world.Programme(parentId: root);
        var second = await world.Member("/v1/administrators", null);
        var body = new { credits = 10, reason = "Agreed with the sponsor" };
        var funded = (await FundAsync()).Expect(HttpStatusCode.Created);
        var proposed = await Propose(world.Admin, "fund", child, 200);
        var approved = (await ApproveAsync()).Expect(HttpStatusCode.OK);
        var below = (await BelowAsync()).Expect(HttpStatusCode.Created);
        (await world.Admin.Post($"/v1/programmes/{child}/end")).Expect(HttpStatusCode.OK);
        Assert.Equal(funded.Text, Replayed(await FundAsync()).Text);
        Assert.Equal(approved.Text, Replayed(await ApproveAsync()).Text);
        Assert.Equal(below.Text, Replayed(await BelowAsync()).Text);
        (await world.Admin.Post($"/v1/programmes/{child}/fund", body)).ExpectProblem(HttpStatusCode.Conflict, "programme-ended");
        Assert.Equal(310, await world.Balance(root, "budget"));

        Task<Reply> FundAsync() => world.Admin.Post($"/v1/programmes/{child}/fund", body, ("Idempotency-Key", "fund"));
        Task<Reply> ApproveAsync() =>
            second.Post(
                $"/v1/transfer-proposals/{proposed.Id}/approve",
                new { },
                ("If-Match", proposed.ETag),
                ("Idempotency-Key", "approve")
            );
        Task<Reply> BelowAsync() =>
            world.Admin.Post(
                "/v1/programmes",
                new
                {
                    name = "Below",
                    timeZone = "UTC",
                    parentId = child,
                },
                ("Idempotency-Key", "below")
            );
    }

    [Fact]
    public async Task Nobody_gets_around_the_second_person_by_a_transfer_by_hand()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var hand = await Hand.WithBudgetAsync(world, 100);
        await world.Fund(hand.Root, 100);
        (await hand.Send(hand.Posted(100.001m))).ExpectProblem(HttpStatusCode.Conflict, "second-approval-needed", "transfers[0].amount");
        (await hand.Send(Hand.Linked(hand.Posted(60)), hand.Posted(41))).ExpectProblem(HttpStatusCode.Conflict, "second-approval-needed");
        var proposed = await Propose(world.Admin, "write-off", hand.Root, 150);
        foreach (var kind in (string[])["post", "void"])
        {
            var end = new JsonObject
            {
                ["id"] = hand.NewId(),
                ["kind"] = kind,
                ["pendingId"] = proposed.Id,
                ["reason"] = "by-hand",
            };
            (await hand.Send(end)).ExpectProblem(HttpStatusCode.Conflict, "hold-of-proposal", "transfers[0].pendingId");
        }

        Assert.Equal(50, await hand.Available(Hand.Account(AccountKind.Budget, hand.Root)));
    }

    [Fact]
    public async Task Above_the_limit_funding_a_programme_is_accepted_and_waits()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var (programme, second) = (await world.Programme(), await world.Member("/v1/administrators", null));
        var accepted = (
            await world.Admin.Post($"/v1/programmes/{programme}/fund", new { credits = 101, reason = "A sponsor pays" })
        ).Expect(HttpStatusCode.Accepted);
        Assert.Equal($"/v1/transfer-proposals/{accepted.Id}", accepted.Message.Headers.Location?.ToString());
        Assert.Equal(0, await world.Balance(programme, "budget"));
        var read = (await second.Get($"/v1/transfer-proposals/{accepted.Id}")).Expect(HttpStatusCode.OK);
        (await Approve(second, read)).Expect(HttpStatusCode.OK);
        Assert.Equal(101, await world.Balance(programme, "budget"));
    }

    [Fact]
    public async Task A_programme_that_spends_anothers_budget_moves_none_of_it()
    {
        await using var world = await TestWorld.StartAsync(Limit);
        var root = await world.Programme(100);
        var child = await world.Programme(parentId: root, terms: new { ownBudget = false });
        var administrator = await world.Member($"/v1/programmes/{child}/members", "programme-administrator");
        (await administrator.Post($"/v1/programmes/{child}/write-off", new { credits = 1, reason = "Lost" })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "id"
        );
        Assert.Equal(100, await world.Balance(root, "budget"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("100000000001")]
    public async Task A_limit_that_is_none_stops_the_start_and_is_named(string limit) =>
        Assert.Contains(
            "Ledger:SecondApprovalCredits",
            (await Assert.ThrowsAnyAsync<Exception>(() => TestWorld.StartAsync($"--Ledger:SecondApprovalCredits={limit}"))).Message,
            StringComparison.Ordinal
        );

    private static async Task<Reply> Propose(Person person, string kind, Guid programme, decimal credits) =>
        (
            await person.Post(
                "/v1/transfer-proposals",
                new
                {
                    kind,
                    programmeId = programme,
                    credits,
                    reason = "Agreed with the sponsor",
                }
            )
        ).Expect(HttpStatusCode.Created);

    private static Task<Reply> Correct(Person person, string transfer, decimal credits) =>
        person.Post(
            "/v1/transfer-proposals",
            new
            {
                kind = "correction",
                correctsId = transfer,
                credits,
                reason = "Entered twice",
            }
        );

    private static Task<Reply> Approve(Person person, Reply proposal) =>
        person.Post($"/v1/transfer-proposals/{proposal.Id}/approve", new { comment = "Checked" }, ("If-Match", Tag(proposal)));

    private static Task<Reply> Reject(Person person, Reply proposal) =>
        person.Post($"/v1/transfer-proposals/{proposal.Id}/reject", new { reason = "Not agreed" }, ("If-Match", Tag(proposal)));

    private static string Tag(Reply proposal) => $"\"{proposal["version"].GetValue<long>()}\"";

    private static Reply Replayed(Reply reply)
    {
        Assert.True(reply.IsReplay, reply.Text);
        return reply;
    }

    private static async Task<string[]> List(Person person, string query) =>
        [
            .. (await person.Get("/v1/transfer-proposals" + query))
                .Expect(HttpStatusCode.OK)["data"]
                .AsArray()
                .Select(one => one!["id"]!.GetValue<string>()),
        ];
}
