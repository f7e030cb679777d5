using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Grants;
using GpuGrants.Api.Tests.Requests;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>docs/providers.md as it happens: a provider joins, serves for a month, and is owed what it earned.</summary>
public sealed class ProviderStoryTests
{
    private const string PriceList = """
        provider,instance_type,gpu_model,gpu_memory_gib,gpus,vcpus,memory_gib,usd_per_hour,region
        Han Cloud,H100x8,H100,80,8,208,1600,23.92,seoul-1
        Han Cloud,L4x1,L4,24,1,8,32,0.71,seoul-1
        """;

    [Fact]
    public async Task A_provider_joins_serves_for_a_month_and_is_owed_what_it_earned()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await world.GpuModel();
        var programme = await world.Programme(5_000);
        var provider = (await world.Admin.Post("/v1/providers", new { name = "Han Cloud", country = "KR" })).Expect(HttpStatusCode.Created);

        // Sora runs Han Cloud's machines. An administrator invites her by mail, and she says yes.
        var joined = await world.JoinAsync(world.Admin, "sora@hancloud.example", "provider-operator", provider.Id);
        var sora = world.PersonOf(joined.Expect(HttpStatusCode.Created));

        // The programme has said beforehand what it takes from Han Cloud. So the price list's offer opens at once, and the model that
        // nobody knows yet waits.
        await StandingTerms(world, programme, provider.Id);
        var listed = (await sora.Post("/v1/offers/import", Import(programme))).Expect(HttpStatusCode.OK)["lines"].AsArray();
        Assert.Equal(["created", "model-proposed"], listed.Select(line => line!["status"]!.GetValue<string>()));
        var offer = $"/v1/offers/{listed[0]!["offerId"]!.GetValue<string>()}";
        Assert.Equal(("open", 2.99m), ((await sora.Get(offer)).Text_("status"), (await sora.Get(offer)).Number("rate")));

        // She puts up four GPUs for thirty days, and says how to connect.
        var from = world.FullHour();
        var tranche = new { gpus = 4, endsAt = from.AddDays(30) };
        Assert.Null((await sora.Post($"{offer}/tranches", tranche)).Expect(HttpStatusCode.OK).Body!["pending"]);
        (await sora.Patch(offer, new { connection = "ssh {{grantId}}@{{region}}.hancloud.example" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );

        // A startup gets a quote, thinks for an hour, and asks with it. A lab takes a hundred hours.
        var (_, hangang) = await world.SignUpAsync("minji@hangang.example");
        var quoted = new
        {
            gpus = 4,
            durationDays = 10,
            validMinutes = 120,
        };
        var quote = (await hangang.Quote(programme, 200, quoted)).Expect(HttpStatusCode.Created);
        await world.PassAsync(TimeSpan.FromHours(1), sora, hangang);
        var asked = (await hangang.Use(quote.Id)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", asked.Text_("status"));
        var grant = asked.Text_("grantId");
        Assert.Equal(
            $"ssh {grant}@seoul-1.hancloud.example",
            (await hangang.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK).Text_("connection")
        );
        var (_, lab) = await world.SignUpAsync("jisoo@lab.example", "Speech Lab");
        var other = (await lab.Ask(programme, 100, new { gpus = 4, durationDays = 20 })).Expect(HttpStatusCode.Created).Text_("grantId");

        // Hangang shows a grant token. Sora's gate verifies it with the public keys, and sees that the grant is on no list.
        var token = (await hangang.Post($"/v1/grants/{grant}/token")).Expect(HttpStatusCode.OK).Text_("token");
        await GrantTokenTests.VerifyAsync(world, token, provider.Id, isGood: true);
        var revoked = $"/v1/providers/{provider.Id}/revoked-grants";
        Assert.Empty((await sora.Get(revoked)).Expect(HttpStatusCode.OK)["data"].AsArray());
        Assert.Equal("Hangang Robotics", (await sora.Get($"/v1/grants/{grant}/grantee")).Expect(HttpStatusCode.OK).Text_("name"));

        // Jobs run. Two records come in time, one of them twice, and one comes a day late. Each is charged once.
        await world.PassAsync(TimeSpan.FromHours(8), sora, hangang, lab);
        var (morning, noon) = (Record(world, grant, gpus: 4, from: -8, to: -4), Record(world, grant, gpus: 2, from: -4, to: -1));
        Assert.Equal(["recorded", "recorded", "repeated"], await ReportAsync(world, sora, morning, noon, noon));
        var evening = Record(world, grant, gpus: 1, from: -1, to: 0);
        await world.PassAsync(TimeSpan.FromDays(1), sora, hangang, lab);
        Assert.Equal(["recorded"], await ReportAsync(world, sora, evening));
        Assert.Equal(23, (await hangang.Get($"/v1/grants/{grant}")).Number("usedGpuHours"));

        // At noon only one GPU ran, so she corrects the record. Hangang disputes the morning, and the programme's administrator looks at
        // the logs and lets it stand.
        var records = $"/v1/grants/{grant}/usage-records";
        var truth = Corrected(noon, gpus: 1, reason: "The second job never started");
        (await sora.Post($"{records}/{noon["id"]}/replace", truth)).Expect(HttpStatusCode.OK);
        var dispute = (await hangang.Post($"{records}/{morning["id"]}/dispute", new { reason = "We began later" })).Expect(
            HttpStatusCode.Created
        );
        Assert.Equal((20 - 16) * 2.99m, await world.Balance(provider.Id, "earned"));
        (
            await world.Admin.Post(
                $"/v1/usage-disputes/{dispute.Id}/reject",
                new { reason = "The logs show it" },
                ("If-Match", dispute.ETag)
            )
        ).Expect(HttpStatusCode.OK);
        Assert.Equal(20 * 2.99m, await world.Balance(provider.Id, "earned"));

        // In the evening the network was down. She says so, and that hour is charged to nobody.
        var outage = new
        {
            startedAt = evening["startedAt"]!.GetValue<DateTimeOffset>(),
            endedAt = evening["endedAt"]!.GetValue<DateTimeOffset>(),
            evidence = "A switch failed",
        };
        var known = (await sora.Post($"{offer}/outages", outage)).Expect(HttpStatusCode.Created);
        Assert.Equal((1, 2.99m), (known["records"]!.GetValue<int>(), known.Number("credits")));
        Assert.Equal(19 * 2.99m, await world.Balance(provider.Id, "earned"));

        // She lowers her price. Whoever holds a grant keeps the rate that it was awarded at.
        (await sora.Post($"{offer}/rates", new { rate = 1.99 })).Expect(HttpStatusCode.OK);
        Assert.Equal(2.99m, (await hangang.Get($"/v1/grants/{grant}")).Number("rate"));
        Assert.Equal(1.99m, (await hangang.Quote(programme, 1)).Expect(HttpStatusCode.Created).Number("rate"));

        // Some machines are wanted elsewhere. She looks whom it would harm, and takes only what nobody was promised.
        var withdraw = $"{offer}/tranches/1/withdraw";
        var risk = (await sora.Post($"{withdraw}?dryRun=true", new { gpus = 4 })).Expect(HttpStatusCode.OK);
        var atRisk = risk["atRisk"].AsArray().Select(one => one!["id"]!.GetValue<string>()).ToList();
        Assert.Contains(grant, atRisk);
        Assert.Contains(other, atRisk);
        var most = risk["withdrawableGpus"].GetValue<int>();
        Assert.InRange(most, 1, 3);
        (await sora.Post(withdraw, new { gpus = most + 1 })).ExpectProblem(HttpStatusCode.Conflict, "insufficient-balance", "gpus");
        (await sora.Post(withdraw, new { gpus = most })).Expect(HttpStatusCode.OK);

        // The site closes early. She reports what ran, and the programme moves its grants to another provider in one call. The tokens of
        // the old grants are on the list from then on.
        var (elsewhere, spare) = await world.Provider("Spare Cloud");
        var haven = await spare.Offer(programme, elsewhere, capacity: 400, rate: 1.5m);
        await world.PassAsync(TimeSpan.FromHours(1), sora, hangang, lab, spare);
        Assert.Equal(["recorded"], await ReportAsync(world, sora, Record(world, other, gpus: 4, from: -1, to: 0)));
        var moved = (await world.Admin.Post($"{offer}/move-grants", new { offerId = haven, reason = "The site closes" })).Expect(
            HttpStatusCode.OK
        );
        Assert.All(moved["results"].AsArray(), one => Assert.Equal("moved", one!["status"]!.GetValue<string>()));
        Assert.Equal(2, moved["results"].AsArray().Count);
        var gone = (await hangang.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("ending", "moved"), (gone.Text_("status"), gone.Text_("endedAs")));
        (await hangang.Post($"/v1/grants/{grant}/token")).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");

        // A job of the last morning turns up after the move, and Han Cloud is paid for it too. Then she settles, and what may have run and
        // did not goes on to the new provider.
        Assert.Equal(["recorded"], await ReportAsync(world, sora, Record(world, grant, gpus: 2, from: -3, to: -1)));
        (await sora.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        (await sora.Post($"/v1/grants/{other}/settle")).Expect(HttpStatusCode.OK);
        var goesOn = moved["results"].AsArray().Select(one => one!["movedGrantId"]!.GetValue<string>()).ToList();
        Assert.Equal(200 - 23, (await hangang.Get($"/v1/grants/{goesOn[0]}")).Expect(HttpStatusCode.OK).Number("remainingGpuHours"));
        Assert.Equal(100 - 4, (await lab.Get($"/v1/grants/{goesOn[1]}")).Expect(HttpStatusCode.OK).Number("remainingGpuHours"));
        var earned = (19 + 4 + 4) * 2.99m;
        Assert.Equal(earned, await world.Balance(provider.Id, "earned"));

        // The month's statement has every transfer. A week after the settlement nobody may dispute them any more, and all of it is payable.
        var account = (await sora.Get($"/v1/accounts?ownerId={provider.Id}&kind=earned")).Expect(HttpStatusCode.OK)["data"][0]!["id"]!;
        var statement = $"/v1/accounts/{account}/statement?from={Moment(from)}&to={Moment(from.AddDays(31))}";
        Assert.Equal(0, (await sora.Get(statement)).Expect(HttpStatusCode.OK).Number("payable"));
        await world.PassAsync(TimeSpan.FromDays(9), sora, hangang, lab, spare);
        var month = (await sora.Get(statement)).Expect(HttpStatusCode.OK);
        Assert.Equal((0m, earned, earned), (month.Number("openingBalance"), month.Number("closingBalance"), month.Number("payable")));
        Assert.Equal(earned, month["lines"].AsArray().Sum(line => line!["amount"]!.GetValue<decimal>()));
        await world.Verified();
    }

    [Fact]
    public async Task Every_snippet_of_the_page_runs_from_the_invitation_to_the_statement()
    {
        using var guide = await Guide.OpenAsync("providers.md", atLeast: 15);
        if (guide is null)
            return;

        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await world.GpuModel();
        var programme = await world.Programme(5_000);
        var provider = (await world.Admin.Post("/v1/providers", new { name = "Han Cloud", country = "KR" })).Expect(HttpStatusCode.Created);
        await StandingTerms(world, programme, provider.Id);
        var invited = await world.Admin.Post(
            "/v1/invitations",
            new
            {
                email = "sora@hancloud.example",
                role = "provider-operator",
                resourceId = provider.Id,
            }
        );
        var (_, hangang) = await world.SignUpAsync("minji@hangang.example");
        using var shell = guide.Start([
            .. world.ForGuides(),
            ("INVITATION", invited.Expect(HttpStatusCode.Accepted).Text_("id")),
            ("CODE", await world.ReadCodeAsync("sora@hancloud.example")),
            ("PROGRAMME", programme.ToString()),
            ("PROVIDER", provider.Id.ToString()),
            ("UNTIL", Moment(world.FullHour().AddDays(30))),
            ("NOW", world.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ]);
        var (said, errors) = (new StringBuilder(), shell.StandardError.ReadToEndAsync());
        var grant = "";
        while (await shell.StandardOutput.ReadLineAsync() is { } line)
        {
            said.Append(line).Append('\n');
            if (line == "waiting for a job")
            {
                grant = (await hangang.Ask(programme, 100, new { gpus = 4, durationDays = 20 })).Text_("grantId");
                var token = (await hangang.Post($"/v1/grants/{grant}/token")).Expect(HttpStatusCode.OK).Text_("token");
                await shell.StandardInput.WriteLineAsync(token);
            }
            else if (line == "304")
            {
                await Standing(world, grant, "suspend");
                await shell.StandardInput.WriteLineAsync();
            }
            else if (line == "the job runs")
            {
                await Standing(world, grant, "resume");
                await world.PassAsync(TimeSpan.FromHours(12), hangang);
                await shell.StandardInput.WriteLineAsync();
            }
            else if (line.StartsWith("reported ", StringComparison.Ordinal))
            {
                var record = line.Split(' ')[1];
                var reason = new { reason = "We did not run then" };
                (await hangang.Post($"/v1/grants/{grant}/usage-records/{record}/dispute", reason)).Expect(HttpStatusCode.Created);
                await shell.StandardInput.WriteLineAsync();
            }
        }

        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, $"{said}\n{await errors}");
        foreach (var expected in (string[])["let in\n", "sent away\n", "304\n", "suspended\n", "Hangang Robotics", "We did not run then"])
            Assert.Contains(expected, said.ToString(), StringComparison.Ordinal);
        await world.Verified();
    }

    private static async Task Standing(TestWorld world, string grant, string what) =>
        (await world.Admin.Post($"/v1/grants/{grant}/{what}", new { reason = "Looks misused" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );

    private static async Task StandingTerms(TestWorld world, Guid programme, Guid provider) =>
        (
            await world.Admin.Post(
                $"/v1/programmes/{programme}/standing-terms",
                new
                {
                    providerId = provider,
                    gpuModel = "h100",
                    maxRate = 3,
                    capacityGpuHours = 3_000,
                }
            )
        ).Expect(HttpStatusCode.Created);

    private static object Import(Guid programme) =>
        new
        {
            programmeId = programme,
            capacityGpuHours = 0,
            csv = PriceList,
        };

    private static JsonObject Record(TestWorld world, string grant, int gpus, double from, double to) =>
        new()
        {
            ["id"] = Guid.NewGuid().ToString(),
            ["grantId"] = grant,
            ["gpus"] = gpus,
            ["startedAt"] = world.Now.AddHours(from),
            ["endedAt"] = world.Now.AddHours(to),
        };

    private static JsonObject Corrected(JsonObject record, int gpus, string reason) =>
        new()
        {
            ["gpus"] = gpus,
            ["startedAt"] = record["startedAt"]!.DeepClone(),
            ["endedAt"] = record["endedAt"]!.DeepClone(),
            ["reason"] = reason,
        };

    /// <summary>Reports records line by line.</summary>
    private static async Task<IEnumerable<string>> ReportAsync(TestWorld world, Person provider, params JsonObject[] records)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/usage-records")
        {
            Content = new StringContent(string.Join('\n', records.Select(one => one.ToJsonString())), Encoding.UTF8),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await provider.TokenAsync());
        var reply = (await Person.SendAsync(world.Http, message)).Expect(HttpStatusCode.OK);
        return reply["results"].AsArray().Select(one => (one!["code"] ?? one["status"])!.GetValue<string>());
    }

    private static string Moment(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
