using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>Lists, page by page. Ids of one millisecond are in no order of time, so the clock stands still here.</summary>
public sealed class PagingTests
{
    [Fact]
    public async Task Pages_show_every_row_once_however_many_were_made_in_the_same_millisecond()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100_000, capacity: 100_000, rules: Scenes.PerRequest("10"));
        var asked = await Task.WhenAll(Enumerable.Range(0, 23).Select(_ => scene.Startup.Ask(scene.Programme, 11)));
        var members = await Task.WhenAll(
            Enumerable.Range(0, 9).Select(_ => world.Member($"/v1/programmes/{scene.Programme}/members", "programme-reviewer"))
        );
        Assert.Equal(asked.Select(one => one.Id).Order(), (await WalkAsync(world.Admin, "/v1/requests", "id")).Order());
        Assert.Equal(asked.Select(one => one.Id).Order(), (await WalkAsync(world.Admin, "/v1/reviews", "request.id")).Order());
        Assert.Equal(
            members.Select(one => one.PrincipalId).Order(),
            (await WalkAsync(world.Admin, $"/v1/programmes/{scene.Programme}/members", "principalId")).Order()
        );
    }

    [Fact]
    public async Task Accounts_and_transfers_come_in_the_order_of_their_making_and_not_of_their_ids()
    {
        await using var world = await TestWorld.StartAsync();
        var early = await world.Programme();
        await world.PassAsync(TimeSpan.FromMinutes(1));
        var late = await world.Programme(10);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        foreach (var credits in (decimal[])[1, 2, 3, 4, 5, 6])
            await world.Fund(early, credits);
        async Task<Guid[]> OwnersAsync(string sort) =>
            [
                .. (await world.Admin.Get($"/v1/accounts?kind=budget{sort}"))
                    .Expect(HttpStatusCode.OK)["data"]
                    .AsArray()
                    .Select(one => one!["ownerId"]!.GetValue<Guid>()),
            ];
        Assert.Equal([early, late], await OwnersAsync(""));
        Assert.Equal([late, early], await OwnersAsync("&sort=created"));
        var accounts = await WalkAsync(world.Admin, "/v1/accounts", "id");
        Assert.Equal(accounts.Count, accounts.Distinct().Count());
        Assert.Equal(await world.ScalarAsync<long>("select count(*) from accounts"), accounts.Count);
        // The caller makes the id of a transfer by hand: this one says that it is a day old.
        var budget = AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, early);
        var byHand = new
        {
            id = Guid.CreateVersion7(world.Now.AddDays(-1)),
            kind = "posted",
            debitAccountId = budget,
            creditAccountId = AccountIds.Of(AccountKind.Issuance, LedgerUnit.Credit, early),
            amount = 1,
            reason = "given-back",
        };
        await world.PassAsync(TimeSpan.FromMinutes(1));
        (await world.Admin.Post("/v1/transfers", new { rootProgrammeId = early, transfers = new[] { byHand } })).Expect(HttpStatusCode.OK);
        var transfers = await WalkAsync(world.Admin, $"/v1/accounts/{budget}/transfers", "id");
        Assert.Equal((byHand.id, 7, 7), (transfers[0], transfers.Count, transfers.Distinct().Count()));
        var since = Uri.EscapeDataString(world.Now.ToString("O"));
        Assert.Equal([byHand.id], await WalkAsync(world.Admin, $"/v1/accounts/{budget}/transfers", "id", query: $"&updatedSince={since}"));
    }

    [Fact]
    public async Task What_is_added_meanwhile_moves_no_row_from_one_page_to_another()
    {
        await using var world = await TestWorld.StartAsync();
        var made = await Task.WhenAll(Enumerable.Range(0, 17).Select(i => world.Organization(name: $"Early {i}")));
        var found = await WalkAsync(world.Admin, "/v1/organizations", "id", () => world.Organization(name: "Late"));
        Assert.Equal(found.Distinct().Count(), found.Count);
        Assert.Empty(made.Select(one => one.Id).Except(found));
    }

    private static async Task<List<Guid>> WalkAsync(
        Person person,
        string path,
        string member,
        Func<Task>? meanwhile = null,
        string query = ""
    )
    {
        var found = new List<Guid>();
        await foreach (var page in person.PagesAsync($"{path}?limit=5{query}"))
        {
            foreach (var item in page["data"].AsArray())
                found.Add(Guid.Parse(member.Split('.').Aggregate(item!, (node, name) => node[name]!).GetValue<string>()));
            if (meanwhile is not null)
                await meanwhile();
        }

        return found;
    }
}
