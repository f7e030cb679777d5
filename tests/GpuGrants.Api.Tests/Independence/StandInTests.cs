using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Independence;

/// <summary>Every act by which a platform administrator stands in for a provider, times whose people the administrator is.</summary>
public sealed class StandInTests
{
    private const string Grantee = "own-organization";
    private const string Provider = "own-provider";
    private const string Programme = "own-programme";

    [Fact]
    public async Task No_administrator_stands_in_for_a_provider_where_their_own_people_gain_or_lose()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var acts = await ActsAsync(world, scene);
        (string Code, Person Person)[] involved =
        [
            (Grantee, await InvolvedAsync(world, $"/v1/organizations/{scene.Organization}/members", "organization-member")),
            (Provider, await InvolvedAsync(world, $"/v1/providers/{scene.Provider}/operators", "provider-operator", leaves: true)),
            (Programme, await InvolvedAsync(world, $"/v1/programmes/{scene.Programme}/members", "programme-reviewer")),
            (Grantee, await InvolvedTwiceAsync(world, scene)),
        ];
        var bystander = await BystanderAsync(world);
        var wrong = new List<string>();
        foreach (var (name, stops, act) in acts)
        {
            foreach (var (code, person) in involved.Where(one => stops.Contains(one.Code)))
            {
                var before = await world.FingerprintAsync();
                var refused = await act(person);
                if (CodeOf(refused) != code)
                    wrong.Add($"{name} by one of {code}: {(int)refused.Status} {refused.Text}");
                else if (refused.Status != HttpStatusCode.OK && !before.Equals(await world.FingerprintAsync()))
                    wrong.Add($"{name} by one of {code} changed something");
            }

            var free = await act(bystander);
            if (CodeOf(free).Length > 0)
                wrong.Add($"{name} by a bystander: {(int)free.Status} {free.Text}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        await world.Verified();
    }

    [Fact]
    public async Task What_helps_nobodys_purse_any_administrator_still_does()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Ask(scene.Programme, 1);
        var grantee = await InvolvedAsync(world, $"/v1/organizations/{scene.Organization}/members", "organization-member");
        var offer = $"/v1/offers/{scene.Offer}";
        Assert.Equal(
            "paused",
            (await grantee.Patch(offer, new { status = "paused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK).Text_("status")
        );
        (await grantee.Patch(offer, new { status = "paused", maxGpus = 1 }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            Grantee
        );
        (await grantee.Patch(offer, new { status = "open" }, Person.AnyVersion)).ExpectProblem(HttpStatusCode.Conflict, Grantee);
        foreach (var path in (string[])[offer, "/v1/offers", $"{offer}/outages", $"/v1/providers/{scene.Provider}/operators"])
            (await grantee.Get(path)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_only_administrator_stands_in_by_a_waiver_and_the_use_is_recorded()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        (
            await world.Admin.Post(
                $"/v1/programmes/{scene.Programme}/members",
                new { principalId = (await world.Admin.Get("/v1/me")).Text_("principalId"), role = "programme-administrator" }
            )
        ).Expect(HttpStatusCode.Created);
        var rate = new { rate = 0.5, effectiveFrom = world.Now.AddDays(1) };
        (await world.Admin.Post($"/v1/offers/{scene.Offer}/rates", rate)).ExpectProblem(HttpStatusCode.Conflict, Programme);
        await world.Waive();
        (await world.Admin.Post($"/v1/offers/{scene.Offer}/rates", rate)).Expect(HttpStatusCode.OK);
        Assert.Equal(
            1L,
            await world.ScalarAsync<long>(
                "select count(*) from events where type = 'independence-waiver.used' and data ->> 'subjectId' = $1",
                scene.Offer.ToString()
            )
        );
    }

    /// <summary>A platform administrator with another role, which they may have left a moment ago.</summary>
    private static async Task<Person> InvolvedAsync(TestWorld world, string path, string role, bool leaves = false)
    {
        var person = await world.Member("/v1/administrators", null);
        await world.Give(path, person, role);
        if (leaves)
            (await world.Admin.Delete($"{path}/{person.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        return person;
    }

    /// <summary>An administrator of the grantee's people who made themselves an operator too.</summary>
    private static async Task<Person> InvolvedTwiceAsync(TestWorld world, Scene scene)
    {
        var person = await InvolvedAsync(world, $"/v1/organizations/{scene.Organization}/members", "organization-member");
        (await person.Post($"/v1/providers/{scene.Provider}/operators", new { principalId = person.PrincipalId })).Expect(
            HttpStatusCode.Created
        );
        return person;
    }

    private static async Task<Person> BystanderAsync(TestWorld world)
    {
        var (elsewhere, _) = await world.Organization("school", name: "Elsewhere");
        return await InvolvedAsync(world, $"/v1/organizations/{elsewhere}/members", "organization-member");
    }

    /// <summary>Why a call was refused, or its first record or line; empty when it was not.</summary>
    private static string CodeOf(Reply reply)
    {
        if (!reply.Message.IsSuccessStatusCode)
            return reply.Code;
        var first = (reply.Body?["results"] ?? reply.Body?["lines"])?[0];
        if (first?["status"]?.GetValue<string>() != "refused")
            return "";
        return first["code"]?.GetValue<string>()
            ?? (
                first["message"]!.GetValue<string>() is var text && text.Contains("organization", StringComparison.Ordinal) ? Grantee
                : text.Contains("operators of a provider", StringComparison.Ordinal) ? Provider
                : Programme
            );
    }

    private static async Task<List<(string Name, string[] Stops, Func<Person, Task<Reply>> Act)>> ActsAsync(TestWorld world, Scene scene)
    {
        string[] all = [Grantee, Provider, Programme];
        var offer = $"/v1/offers/{scene.Offer}";
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 4)).Expect(HttpStatusCode.Created).Text_("grantId"));
        var closed = Guid.Parse((await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("grantId"));
        var dated = await scene.Operator.Offer(scene.Programme, scene.Provider, 0, region: "kr-south");
        await world.PassAsync(TimeSpan.FromHours(2), scene.Operator, scene.Startup);
        var (records, _, _) = await scene.ReportAsync(world, grant, (-1.9, -1.7), (-1.6, -1.4));
        (await scene.Startup.Post($"/v1/grants/{closed}/close")).Expect(HttpStatusCode.OK);
        var usage = $"/v1/grants/{grant}/usage-records";
        var start = world.FullHour();
        var tranche = new
        {
            gpus = 2,
            startsAt = start,
            endsAt = start.AddDays(10),
        };
        var proposed = (await scene.Operator.Post($"/v1/offers/{dated}/tranches", tranche)).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/offers/{dated}/accept", null, ("If-Match", proposed.ETag))).Expect(HttpStatusCode.OK);
        return
        [
            ("report usage", all, person => person.Post("/v1/usage-records", new { records = new[] { Used(-1.3, -1.2) } })),
            (
                "replace a record",
                all,
                person =>
                    person.Post(
                        $"{usage}/{records[0]}/replace",
                        new
                        {
                            gpus = 0.5,
                            startedAt = world.Now.AddHours(-1.9),
                            endedAt = world.Now.AddHours(-1.8),
                            reason = "Metered again",
                        }
                    )
            ),
            ("void a record", all, person => person.Post($"{usage}/{records[1]}/void", new { reason = "Not used" })),
            // People of the programme confirm outages as such: it pays, and gets back what did not serve.
            ("report an outage", [Grantee, Provider], person => person.Post($"{offer}/outages", Outage())),
            ("settle a grant", all, person => person.Post($"/v1/grants/{closed}/settle")),
            ("lower a rate", all, person => person.Post($"{offer}/rates", new { rate = 0.5 })),
            ("raise a rate", all, person => person.Post($"{offer}/rates", new { rate = 9, effectiveFrom = world.Now.AddDays(1) })),
            ("add capacity", all, person => person.Post($"{offer}/add-capacity", new { gpuHours = 1 })),
            ("withdraw capacity", all, person => person.Post($"{offer}/withdraw-capacity", new { gpuHours = 1 })),
            ("change an offer", all, person => person.Patch(offer, new { eligibleKinds = new[] { "startup" } }, Person.AnyVersion)),
            ("add a tranche", all, person => person.Post($"/v1/offers/{dated}/tranches", tranche)),
            ("withdraw a tranche", all, person => person.Post($"/v1/offers/{dated}/tranches/1/withdraw", new { gpus = 1 })),
            ("put up an offer", all, person => person.Propose(scene.Programme, scene.Provider, 1)),
            ("import a price list", all, person => person.Post("/v1/offers/import", PriceList(1.98))),
            ("import other prices", all, person => person.Post("/v1/offers/import", PriceList(2.98))),
            ("end an offer", all, person => person.Patch(offer, new { status = "ended" }, Person.AnyVersion)),
        ];

        object Used(double from, double to) =>
            new
            {
                id = Guid.NewGuid(),
                grantId = grant,
                gpus = 1,
                startedAt = world.Now.AddHours(from),
                endedAt = world.Now.AddHours(to),
            };
        object Outage() =>
            new
            {
                startedAt = world.Now.AddHours(-1.95),
                endedAt = world.Now.AddHours(-1.85),
                evidence = "The status page",
            };
        object PriceList(double price) =>
            new
            {
                programmeId = scene.Programme,
                capacityGpuHours = 10,
                csv = "provider,instance_type,gpu_model,gpu_memory_gib,gpus,vcpus,memory_gib,usd_per_hour,region\n"
                    + $"Han Cloud,H100x1,H100,80,1,26,200,{price},kr-central",
            };
    }
}
