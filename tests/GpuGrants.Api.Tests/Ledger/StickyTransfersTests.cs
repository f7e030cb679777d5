using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>A transfer's id is answered once for good.</summary>
public sealed class StickyTransfersTests
{
    [Fact]
    public async Task The_same_transfer_sent_again_answers_the_same_and_moves_nothing_twice()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var transfer = hand.Posted(60);
        var first = await hand.Accepted(transfer);
        var again = await hand.Accepted(transfer, replayed: true);
        Assert.True(JsonNode.DeepEquals(first, again), $"{first}\n{again}");
        Assert.Equal(40, await hand.Available(hand.Budget));
    }

    [Fact]
    public async Task A_refused_transfer_stays_refused_when_the_balance_has_grown()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 10);
        var transfer = hand.Posted(60);
        var first = await hand.Refused(transfer, "insufficient-balance");
        await world.Fund(hand.Root, 1_000);
        var again = await hand.Refused(transfer, "insufficient-balance", replayed: true);
        Assert.True(JsonNode.DeepEquals(first, again), $"{first}\n{again}");
        Assert.Equal(1_010, await hand.Available(hand.Budget));
        transfer["id"] = hand.NewId();
        await hand.Accepted(transfer);
    }

    [Fact]
    public async Task A_used_id_with_another_body_is_an_error_that_names_the_field_and_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var (accepted, refused, pending) = (hand.Posted(10), hand.Posted(500), hand.Pending(20));
        var part = hand.Post(pending, 5);
        await hand.Outcomes(accepted, refused, pending, part);
        var before = await world.FingerprintAsync();
        foreach (
            var (transfer, field, value) in ((JsonObject, string, JsonNode?)[])
                [
                    (accepted, "amount", 11),
                    (accepted, "creditAccountId", hand.Issuance),
                    (accepted, "reason", "other"),
                    (accepted, "note", "Another"),
                    (refused, "amount", 499),
                    (refused, "note", null),
                    (pending, "expiresAt", world.Now.AddHours(25)),
                    (part, "amount", null),
                    (part, "pendingId", Guid.CreateVersion7()),
                ]
        )
        {
            var changed = transfer.DeepClone().AsObject();
            changed[field] = value;
            (await hand.Send(hand.Posted(1), changed)).ExpectProblem(
                HttpStatusCode.UnprocessableEntity,
                "id-has-different-body",
                $"transfers[1].{field}"
            );
        }

        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task A_chain_is_sent_again_as_a_whole_or_not_at_all()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var (first, second) = (Hand.Linked(hand.Posted(10)), hand.Posted(20));
        await hand.Outcomes(first, second);
        Assert.All(await hand.Outcomes(first, second), one => Assert.True(one["replayed"]!.GetValue<bool>()));
        (await hand.Send(second)).ExpectProblem(HttpStatusCode.UnprocessableEntity, "id-has-different-body", "transfers[0].linked");
        (await hand.Send(first, hand.Posted(1))).ExpectProblem(
            HttpStatusCode.UnprocessableEntity,
            "id-has-different-body",
            "transfers[1].linked"
        );
        Assert.Equal(70, await hand.Available(hand.Budget));
    }

    [Fact]
    public async Task Fifty_sends_of_one_id_at_once_to_two_replicas_are_one_transfer()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var transfer = hand.Posted(60);
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(one => hand.SendAs(one % 2 == 0 ? world.Admin : second.Admin, transfer))
        );
        var outcomes = replies.Select(reply => Assert.Single(Hand.Results(reply))).ToList();
        Assert.All(outcomes, one => Assert.Equal("accepted", one["outcome"]!.GetValue<string>()));
        Assert.Single(outcomes, one => !one["replayed"]!.GetValue<bool>());
        Assert.Equal(40, await hand.Available(hand.Budget));
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from transfers where id = $1", Hand.IdOf(transfer)));
    }

    [Fact]
    public async Task An_idempotency_key_answers_the_whole_call_again()
    {
        await using var world = await TestWorld.StartAsync();
        var hand = await Hand.WithBudgetAsync(world, 100);
        var body = new JsonObject { ["rootProgrammeId"] = hand.Root, ["transfers"] = new JsonArray(hand.Posted(60)) };
        var first = (await world.Admin.Post("/v1/transfers", body, ("Idempotency-Key", "once"))).Expect(HttpStatusCode.OK);
        var again = (await world.Admin.Post("/v1/transfers", body, ("Idempotency-Key", "once"))).Expect(HttpStatusCode.OK);
        Assert.True(again.IsReplay);
        Assert.Equal(first.Text, again.Text);
    }

    [Fact]
    public async Task An_id_of_another_tree_is_refused_and_moves_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var (hand, other) = (await Hand.WithBudgetAsync(world, 100), await Hand.WithBudgetAsync(world, 100));
        var first = hand.Posted(60);
        await hand.Accepted(first);
        var second = other.Posted(60);
        second["id"] = Hand.IdOf(first);
        (await other.Send(second)).ExpectProblem(HttpStatusCode.UnprocessableEntity, "id-has-different-body", "rootProgrammeId");
        Assert.Equal(100, await other.Available(other.Budget));
    }
}
