using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>What may not be moved by hand, and by whom.</summary>
public sealed class HandRulesTests
{
    [Fact]
    public async Task Grants_and_GPU_time_do_not_move_by_hand()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created).Text_("grantId"));
        var hand = new Hand(world, scene.Programme);
        var award = await world.ScalarAsync<Guid>("select id from transfers where unit = 'credit' and reason = 'award'");
        var before = await world.FingerprintAsync();
        foreach (
            var (transfer, field) in ((JsonObject, string)[])
                [
                    (hand.Posted(1, debit: Hand.Account(AccountKind.Grant, grant)), "debitAccountId"),
                    (hand.Posted(1, credit: Hand.Account(AccountKind.Grant, grant)), "creditAccountId"),
                    (hand.Posted(1, debit: AccountIds.Of(AccountKind.Capacity, LedgerUnit.Gpu("h100"), scene.Offer)), "debitAccountId"),
                    (hand.Correct(award, 1), "debitAccountId"),
                ]
        )
            (await hand.Send(transfer)).ExpectProblem(HttpStatusCode.Conflict, "account-not-by-hand", $"transfers[0].{field}");
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task No_transfer_by_hand_has_a_reason_of_the_services_own()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = new Hand(world, (await world.Scene()).Programme);
        var reasons = typeof(TransferReasons)
            .GetFields()
            .Where(field => field.IsLiteral)
            .Select(field => (string)field.GetRawConstantValue()!);
        Assert.True(reasons.Count() > 20);
        var before = await world.FingerprintAsync();
        foreach (var reason in reasons)
        {
            var transfer = hand.Posted(1);
            transfer["reason"] = reason;
            (await hand.Send(transfer)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "transfers[0].reason");
        }

        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task The_hold_of_a_review_is_not_ended_by_hand()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        await scene.Startup.Ask(scene.Programme, 20);
        var hold = await world.ScalarAsync<Guid>("select id from holds where unit = 'credit'");
        var hand = new Hand(world, scene.Programme);
        foreach (var kind in (string[])["post", "void"])
        {
            var end = new JsonObject
            {
                ["id"] = hand.NewId(),
                ["kind"] = kind,
                ["pendingId"] = hold,
                ["reason"] = "by-hand",
            };
            (await hand.Send(end)).ExpectProblem(HttpStatusCode.Conflict, "account-not-by-hand", "transfers[0].pendingId");
        }
    }

    [Fact]
    public async Task A_programmes_administrator_moves_what_is_in_its_own_budgets_and_nothing_else()
    {
        await using var world = await TestWorld.StartAsync();
        var root = await world.Programme(1_000);
        var (mine, other) = (await world.Programme(parentId: root), await world.Programme(parentId: root));
        var hand = new Hand(world, root);
        var (myBudget, otherBudget) = (Hand.Account(AccountKind.Budget, mine), Hand.Account(AccountKind.Budget, other));
        await hand.Outcomes(hand.Posted(100, hand.Budget, myBudget), hand.Posted(100, hand.Budget, otherBudget));
        var administrator = await world.Member($"/v1/programmes/{mine}/members", "programme-administrator");
        var pending = hand.Pending(10, debit: myBudget, credit: hand.Breakage);
        Assert.All(
            Hand.Results(
                await hand.SendAs(
                    administrator,
                    hand.Posted(5, myBudget, hand.Breakage),
                    hand.Posted(5, myBudget, otherBudget),
                    pending,
                    hand.Post(pending)
                )
            ),
            one => Assert.Equal("accepted", one["outcome"]!.GetValue<string>())
        );
        var theirs = hand.Pending(10, debit: otherBudget, credit: hand.Breakage);
        var given = hand.Posted(5, hand.Budget, myBudget);
        await hand.Outcomes(theirs, given);
        var before = await world.FingerprintAsync();
        foreach (
            var transfer in (JsonObject[])
                [
                    hand.Posted(1, otherBudget, myBudget),
                    hand.Posted(1, hand.Budget, myBudget),
                    hand.Posted(1, hand.Issuance, myBudget),
                    hand.Posted(1, myBudget, hand.Issuance),
                    hand.Posted(1, hand.Breakage, myBudget),
                    hand.Posted(1, myBudget, Guid.CreateVersion7()),
                    hand.Posted(1, Guid.CreateVersion7(), myBudget),
                    hand.Post(theirs),
                    hand.Void(theirs),
                    hand.Void(hand.Pending(1)),
                    hand.Correct(Hand.IdOf(theirs), 1),
                    theirs,
                ]
        )
            (await hand.SendAs(administrator, transfer)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden", "transfers[0]");
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task A_hold_is_not_ended_by_stating_other_accounts_than_its_own()
    {
        await using var world = await TestWorld.StartAsync();
        var root = await world.Programme(1_000);
        var mine = await world.Programme(parentId: root);
        var hand = new Hand(world, root);
        var pending = hand.Pending(10);
        await hand.Accepted(pending);
        var administrator = await world.Member($"/v1/programmes/{mine}/members", "programme-administrator");
        var end = hand.Void(pending);
        (end["debitAccountId"], end["creditAccountId"]) = (Hand.Account(AccountKind.Budget, mine), hand.Breakage);
        (await hand.SendAs(administrator, end)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        await hand.Refused(end, "account-mismatch");
    }

    [Fact]
    public async Task Accounts_and_holds_of_another_tree_answer_as_missing()
    {
        await using var world = await TestWorld.StartAsync();
        var (hand, other) = (await Hand.WithBudgetAsync(world, 100), await Hand.WithBudgetAsync(world, 100));
        var pending = other.Pending(10);
        await other.Accepted(pending);
        await hand.Refused(hand.Posted(1, credit: other.Budget), "account-not-found");
        await hand.Refused(hand.Void(pending), "hold-not-found");
        (
            await world.Admin.Post("/v1/transfers", new { rootProgrammeId = Guid.CreateVersion7(), transfers = new[] { hand.Posted(1) } })
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "rootProgrammeId");
    }

    [Fact]
    public async Task A_programme_that_has_ended_gains_nothing_more()
    {
        await using var world = await TestWorld.StartAsync();
        var root = await world.Programme(1_000);
        var ended = await world.Programme(parentId: root);
        var hand = new Hand(world, root);
        var before = hand.Posted(10, hand.Budget, Hand.Account(AccountKind.Budget, ended));
        await hand.Accepted(before);
        (await world.Admin.Post($"/v1/programmes/{ended}/end")).Expect(HttpStatusCode.OK);
        (await hand.Send(hand.Posted(10, hand.Budget, Hand.Account(AccountKind.Budget, ended)))).ExpectProblem(
            HttpStatusCode.Conflict,
            "programme-ended",
            "transfers[0].creditAccountId"
        );
        await hand.Accepted(before, replayed: true);
    }

    [Fact]
    public async Task The_id_of_a_new_transfer_must_be_recent()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        foreach (
            var id in (Guid[])
                [
                    Guid.NewGuid(),
                    Guid.CreateVersion7(world.Now.AddDays(-8)),
                    Guid.CreateVersion7(world.Now.AddDays(2)),
                    Guid.Parse("ffffffff-ffff-7fff-bfff-ffffffffffff"),
                    Guid.Empty,
                ]
        )
        {
            var transfer = hand.Posted(1);
            transfer["id"] = id;
            (await hand.Send(transfer)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "transfers[0].id");
        }

        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from transfers_default"));
    }

    [Fact]
    public async Task A_body_that_breaks_a_rule_is_told_the_field_and_remembers_no_id()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var before = await world.FingerprintAsync();
        foreach (
            var (field, value) in ((string, JsonNode?)[])
                [
                    ("kind", "move"),
                    ("kind", null),
                    ("amount", 0),
                    ("amount", -1),
                    ("amount", 0.0001m),
                    ("amount", null),
                    ("debitAccountId", null),
                    ("creditAccountId", null),
                    ("pendingId", Guid.CreateVersion7()),
                    ("expiresAt", world.Now.AddDays(1)),
                    ("correctsId", Guid.CreateVersion7()),
                    ("reason", "Two words"),
                    ("reason", "expired"),
                    ("reason", "award"),
                    ("reason", "usage-corrected"),
                    ("reason", null),
                    ("note", "bell \a"),
                ]
        )
        {
            var transfer = hand.Posted(1);
            transfer[field] = value;
            (await hand.Send(transfer)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", $"transfers[0].{field}");
        }

        (await hand.Send(hand.Pending(1, hours: 24 * 400))).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "transfers[0].expiresAt");
        (await hand.Send()).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "transfers");
        (await hand.Send([.. Enumerable.Range(0, 101).Select(_ => hand.Posted(1))])).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "transfers"
        );
        (await hand.Send(Hand.Linked(hand.Posted(1)))).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "transfers");
        var twice = hand.Posted(1);
        (await hand.Send(twice, twice)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "transfers");
        Assert.Equal(before, await world.FingerprintAsync());
    }
}
