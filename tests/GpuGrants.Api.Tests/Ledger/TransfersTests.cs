using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>Credits moved by hand: what each kind does, and what the ledger refuses.</summary>
public sealed class TransfersTests
{
    [Fact]
    public async Task A_posted_transfer_moves_at_once_and_is_read_back_as_it_was_answered()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var recorded = await hand.Accepted(hand.Posted(12.345m));
        Assert.Equal((87.655m, 12.345m), (await hand.Available(hand.Budget), await hand.Available(hand.Breakage)));
        var read = (await world.Admin.Get($"/v1/transfers/{recorded["id"]}")).Expect(HttpStatusCode.OK).Body!;
        Assert.True(JsonNode.DeepEquals(recorded, read), $"{recorded}\n{read}");
        Assert.Equal(
            ("Agreed on the phone", hand.Root.ToString()),
            (read["note"]!.GetValue<string>(), read["programmeId"]!.GetValue<string>())
        );
        Assert.Equal(
            1,
            await world.ScalarAsync<long>(
                "select count(*) from events where type = 'ledger.transferred' and resource_id = $1",
                recorded["id"]!.GetValue<string>()
            )
        );
    }

    [Fact]
    public async Task New_credits_come_from_issuance_into_a_budget_that_had_none()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = new Hand(world, await world.Programme());
        await hand.Accepted(hand.Posted(50, hand.Issuance, hand.Budget));
        Assert.Equal(50, await hand.Available(hand.Budget));
    }

    [Fact]
    public async Task A_pending_transfer_holds_and_a_part_is_posted_and_the_rest_returns()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var pending = hand.Pending(60);
        await hand.Accepted(pending);
        Assert.Equal((40, 0), (await hand.Available(hand.Budget), await hand.Available(hand.Breakage)));
        var post = await hand.Accepted(hand.Post(pending, 25));
        Assert.Equal((25, Hand.IdOf(pending).ToString()), (post["amount"]!.GetValue<decimal>(), post["pendingId"]!.GetValue<string>()));
        Assert.Equal((75, 25), (await hand.Available(hand.Budget), await hand.Available(hand.Breakage)));
        await hand.Refused(hand.Post(pending), "hold-already-ended");
        await hand.Refused(hand.Void(pending), "hold-already-ended");
    }

    [Fact]
    public async Task A_post_without_an_amount_moves_the_whole_hold_and_a_void_none_of_it()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var (first, second) = (hand.Pending(60), hand.Pending(40));
        await hand.Accepted(first);
        await hand.Accepted(second);
        await hand.Accepted(hand.Post(first));
        await hand.Accepted(hand.Void(second));
        Assert.Equal((40, 60), (await hand.Available(hand.Budget), await hand.Available(hand.Breakage)));
    }

    [Fact]
    public async Task A_correction_moves_back_what_was_moved_names_it_and_never_more_than_it()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var wrong = hand.Posted(30);
        await hand.Accepted(wrong);
        var correction = await hand.Accepted(hand.Correct(Hand.IdOf(wrong), 20));
        Assert.Equal(Hand.IdOf(wrong).ToString(), correction["correctsId"]!.GetValue<string>());
        Assert.Equal(
            (hand.Breakage.ToString(), hand.Budget.ToString()),
            (correction["debitAccountId"]!.GetValue<string>(), correction["creditAccountId"]!.GetValue<string>())
        );
        Assert.Equal((90, 10), (await hand.Available(hand.Budget), await hand.Available(hand.Breakage)));
        Assert.Equal(
            10,
            (await hand.Refused(hand.Correct(Hand.IdOf(wrong), 11), "amount-exceeds-corrected"))["limit"]!.GetValue<decimal>()
        );
        await hand.Accepted(hand.Correct(Hand.IdOf(wrong), 10));
        Assert.Equal(100, await hand.Available(hand.Budget));
    }

    [Fact]
    public async Task What_the_ledger_refuses_is_an_outcome_with_its_rule_and_limit()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var pending = hand.Pending(10);
        await hand.Accepted(pending);
        var tooMuch = await hand.Refused(hand.Posted(90.001m), "insufficient-balance");
        Assert.Equal(
            (90, "amount", hand.Budget.ToString()),
            (tooMuch["limit"]!.GetValue<decimal>(), tooMuch["field"]!.GetValue<string>(), tooMuch["accountId"]!.GetValue<string>())
        );
        Assert.Equal(10, (await hand.Refused(hand.Post(pending, 10.001m), "amount-exceeds-hold"))["limit"]!.GetValue<decimal>());
        await hand.Refused(hand.Posted(1, credit: hand.Budget), "same-account");
        await hand.Refused(hand.Posted(1, credit: Guid.CreateVersion7()), "account-not-found");
        await hand.Refused(hand.Pending(1, hours: 0), "expiry-not-in-future");
        await hand.Refused(hand.Post(hand.Pending(1)), "hold-not-found");
        await hand.Refused(hand.Correct(Guid.CreateVersion7(), 1), "corrected-not-found");
        await hand.Refused(hand.Correct(Hand.IdOf(pending), 1), "corrected-not-posted");
        Assert.Equal((90, 0), (await hand.Available(hand.Budget), await hand.Available(hand.Breakage)));
        Assert.Equal(8, await world.ScalarAsync<long>("select count(*) from refused_transfers"));
    }

    [Fact]
    public async Task A_linked_chain_happens_as_a_whole()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var pending = hand.Pending(60);
        var outcomes = await hand.Outcomes(Hand.Linked(hand.Posted(10)), Hand.Linked(pending), hand.Post(pending, 5), hand.Posted(1));
        Assert.All(outcomes, one => Assert.Equal("accepted", one["outcome"]!.GetValue<string>()));
        Assert.Equal(
            [outcomes[0]["id"]!.GetValue<string>(), outcomes[0]["id"]!.GetValue<string>(), outcomes[0]["id"]!.GetValue<string>(), null],
            outcomes.Select(one => one["transfer"]!["chainId"]?.GetValue<string>())
        );
        Assert.Equal(84, await hand.Available(hand.Budget));
    }

    [Fact]
    public async Task A_refused_transfer_undoes_its_chain_and_not_the_rest_of_the_call()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var (first, tooMuch, alone) = (Hand.Linked(hand.Posted(10)), hand.Posted(91), hand.Posted(7));
        var outcomes = await hand.Outcomes(first, tooMuch, alone);
        Assert.Equal(["refused", "refused", "accepted"], outcomes.Select(one => one["outcome"]!.GetValue<string>()));
        Assert.All(
            outcomes.Take(2),
            one =>
                Assert.Equal(
                    (Hand.IdOf(tooMuch).ToString(), "insufficient-balance"),
                    (one["refusal"]!["transferId"]!.GetValue<string>(), one["refusal"]!["code"]!.GetValue<string>())
                )
        );
        Assert.Equal(93, await hand.Available(hand.Budget));
        await world.Fund(hand.Root, 1_000);
        Assert.Equal(
            [("refused", true), ("refused", true), ("accepted", true)],
            (await hand.Outcomes(first, tooMuch, alone)).Select(one =>
                (one["outcome"]!.GetValue<string>(), one["replayed"]!.GetValue<bool>())
            )
        );
        Assert.Equal(1_093, await hand.Available(hand.Budget));
    }

    [Fact]
    public async Task An_expired_hold_is_ended_once_by_the_sweeps_of_two_replicas_and_cannot_be_posted()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var (due, later) = (hand.Pending(60, hours: 0.5), hand.Pending(5));
        await hand.Accepted(due);
        await hand.Accepted(later);
        world.Clock.Advance(TimeSpan.FromMinutes(40));
        world.Admin.ForgetToken();
        await hand.Refused(hand.Post(due), "hold-expired");
        Assert.Equal(35, await hand.Available(hand.Budget));
        await Task.WhenAll(world.PassAsync(TimeSpan.Zero), second.PassAsync(TimeSpan.Zero));
        Assert.Equal((95, 0), (await hand.Available(hand.Budget), await hand.Available(hand.Breakage)));
        Assert.Equal(
            1,
            await world.ScalarAsync<long>(
                "select count(*) from transfers where pending_id = $1 and kind = 'void' and reason = 'expired' and actor_id is null",
                Hand.IdOf(due)
            )
        );
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from events where type = 'ledger.hold-expired'"));
        await hand.Refused(hand.Post(due), "hold-already-ended");
        await hand.Accepted(hand.Post(later));
    }
}
