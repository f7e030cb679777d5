using System.Globalization;
using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>A statement is whole, however long, and its figures reconcile to the last unit.</summary>
public sealed class StatementTests
{
    private const int Many = 1_050;

    [Fact]
    public async Task A_statement_of_more_than_a_thousand_lines_is_whole_and_reconciles_in_both_formats()
    {
        await using var world = await TestWorld.StartAsync();
        var programme = await world.Programme(credits: 7);
        var from = await LaterAsync(world);
        await Task.WhenAll(Enumerable.Range(1, Many).Select(_ => world.Fund(programme, 0.001m)));
        var to = await LaterAsync(world);
        await world.Fund(programme, 1_000);
        var path = $"/v1/accounts/{await BudgetAsync(world, programme)}/statement?from={from}&to={to}";

        var json = (await world.Admin.Get(path)).Expect(HttpStatusCode.OK);
        Assert.Equal(
            (7m, 7m + (Many * 0.001m), Many * 0.001m, 0m),
            (json.Number("openingBalance"), json.Number("closingBalance"), json.Number("came"), json.Number("left"))
        );
        var lines = json["lines"].AsArray();
        Assert.Equal(Many, lines.Count);
        Assert.Equal(
            json["closingUnits"].GetValue<long>(),
            json["openingUnits"].GetValue<long>() + lines.Sum(line => line!["amountUnits"]!.GetValue<long>())
        );
        Assert.Equal(json["closingUnits"].GetValue<long>(), lines[^1]!["balanceUnits"]!.GetValue<long>());

        var csv = CsvReader.Rows((await world.Admin.Get(path, ("Accept", "text/csv"))).Expect(HttpStatusCode.OK).Text);
        Assert.Equal(Many + 2, csv.Count);
        Assert.Equal(("opening", "closing"), (csv[0]["line"], csv[^1]["line"]));
        Assert.Equal(
            (json.Number("openingBalance"), json.Number("closingBalance")),
            (Number(csv[0]["balance"]), Number(csv[^1]["balance"]))
        );
        Assert.Equal(
            lines.Select(line =>
                (
                    line!["transferId"]!.GetValue<string>(),
                    line["at"]!.GetValue<string>(),
                    line["amountUnits"]!.GetValue<long>(),
                    line["balanceUnits"]!.GetValue<long>()
                )
            ),
            csv[1..^1].Select(row => (row["transferId"], row["at"], (long)Number(row["amountUnits"]), (long)Number(row["balanceUnits"])))
        );
    }

    [Fact]
    public async Task What_leaves_is_negative_and_a_period_without_transfers_opens_as_it_closes()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100);
        var from = await LaterAsync(world);
        await scene.Startup.Ask(scene.Programme, 20);
        var account = await BudgetAsync(world, scene.Programme);
        var spent = await world.Admin.Get($"/v1/accounts/{account}/statement?from={from}&to={await LaterAsync(world)}");
        Assert.Equal((100m, 80m, 20m), (spent.Number("openingBalance"), spent.Number("closingBalance"), spent.Number("left")));
        Assert.Equal(-20m, spent["lines"].AsArray().Single()!["amount"]!.GetValue<decimal>());
        var quiet = await world.Admin.Get($"/v1/accounts/{account}/statement?from={await LaterAsync(world)}&to={await LaterAsync(world)}");
        Assert.Equal((80m, 80m), (quiet.Number("openingBalance"), quiet.Number("closingBalance")));
        Assert.Empty(quiet["lines"].AsArray());
    }

    [Fact]
    public async Task The_shown_decimals_add_up_to_the_last_one()
    {
        await using var world = await TestWorld.StartAsync();
        await world.GpuModel();
        var programme = await world.Programme(credits: 1_000);
        var (provider, @operator) = await world.Provider();
        await @operator.Offer(programme, provider, rate: 0.333m);
        var (_, startup) = await world.Organization();
        var grant = (await startup.Ask(programme, 10)).Text_("grantId");
        await world.PassAsync(TimeSpan.FromHours(2), startup, @operator);
        // Seconds of a third of a credit per hour have no exact decimal.
        var records = Enumerable
            .Range(0, 7)
            .Select(i => new
            {
                id = Guid.NewGuid(),
                grantId = grant,
                gpus = 1,
                startedAt = world.Now.AddMinutes(-100 + (10 * i)),
                endedAt = world.Now.AddMinutes(-100 + (10 * i)).AddSeconds(7 + i),
            })
            .ToList();
        (await @operator.Post("/v1/usage-records", new { records = records.Take(1) })).Expect(HttpStatusCode.OK);
        // What the provider has at first, what comes and what leaves are each between two decimals.
        var from = await LaterAsync(world);
        foreach (var record in records.Skip(1))
            (await @operator.Post("/v1/usage-records", new { records = new[] { record } })).Expect(HttpStatusCode.OK);
        var voided = $"/v1/grants/{grant}/usage-records/{records[1].id}/void";
        (await @operator.Post(voided, new { reason = "Not theirs" })).Expect(HttpStatusCode.OK);
        (await startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        (await @operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        var to = await LaterAsync(world);
        foreach (var (owner, kind) in new[] { (provider, "earned"), (programme, "budget"), (Guid.Parse(grant), "grant") })
        {
            var account = (await world.Admin.Get($"/v1/accounts?ownerId={owner}&kind={kind}"))["data"]
                .AsArray()
                .Single(one => one!["unit"]!.GetValue<string>() == "credit")!["id"]!.GetValue<string>();
            var statement = (await world.Admin.Get($"/v1/accounts/{account}/statement?from={from}&to={to}")).Expect(HttpStatusCode.OK);
            var (opening, closing) = (statement.Number("openingBalance"), statement.Number("closingBalance"));
            Assert.Equal(closing, opening + statement.Number("came") - statement.Number("left"));
            var balance = opening;
            foreach (var line in statement["lines"].AsArray())
            {
                balance += line!["amount"]!.GetValue<decimal>();
                Assert.Equal(line["balance"]!.GetValue<decimal>(), balance);
            }

            Assert.Equal(closing, balance);
            Assert.NotEqual(opening, closing);
        }
    }

    [Theory]
    [InlineData("json")]
    [InlineData("csv")]
    public async Task Somebody_elses_account_has_no_statement(string format)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100);
        var (_, stranger) = await world.Organization(name: "Another");
        (await stranger.Get($"/v1/accounts/{await BudgetAsync(world, scene.Programme)}/statement?format={format}")).ExpectProblem(
            HttpStatusCode.NotFound,
            "not-found"
        );
    }

    [Fact]
    public async Task An_invalid_period_or_format_is_refused_by_name()
    {
        await using var world = await TestWorld.StartAsync();
        var path = $"/v1/accounts/{await BudgetAsync(world, await world.Programme(credits: 1))}/statement";
        (await world.Admin.Get(path + "?from=2026-01-01")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "from");
        (await world.Admin.Get(path + "?to=tomorrow")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "to");
        (await world.Admin.Get(path + "?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed",
            "from"
        );
        (await world.Admin.Get(path + "?format=xml")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "format");
    }

    private static decimal Number(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static Task<Guid> BudgetAsync(TestWorld world, Guid programme) =>
        world.ScalarAsync<Guid>("select id from accounts where owner_id = $1 and kind = 'budget'", programme);

    /// <summary>Lets a minute pass and says what time it is then.</summary>
    private static async Task<string> LaterAsync(TestWorld world)
    {
        await world.PassAsync(TimeSpan.FromMinutes(1));
        return world.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }
}
