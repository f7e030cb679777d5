using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

public sealed class PriceListTests
{
    private const string Names = "provider,instance_type,gpu_model,gpu_memory_gib,gpus,vcpus,memory_gib,usd_per_hour,region";

    [Fact]
    public async Task A_price_list_becomes_offers_that_the_programme_accepts_and_the_same_list_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        string[] lines =
        [
            "Han Cloud,H100x2,H100,80,2,52,400,5.98,Seoul 1",
            "han  cloud,H100x8,h100,80,8,208,1600,23.92,seoul-1",
            "Han Cloud,L4x1,L4,24,1,8,32,0.71,seoul-1",
            "Han Cloud,H100-odd,H100,80,3,52,400,1.00,seoul-1",
            "Han Cloud,H100x2,H100,80,2,52,400,5.98,seoul-1",
            "Han Cloud,H100-94,H100,94,1,52,400,5.98,seoul-1",
            "Another cloud,H100x2,H100,80,2,52,400,5.98,seoul-1",
        ];
        var first = await Import(scene, lines);
        Assert.Equal(
            [
                "2 created  2.99",
                "3 created  2.99",
                "4 model-proposed  ",
                "5 refused usd_per_hour ",
                "6 refused instance_type ",
                "7 refused gpu_memory_gib ",
                "8 refused provider ",
            ],
            first.Select(Told)
        );

        // Nothing of it serves before the programme's consent, and the unknown model waits for an administrator.
        var offer = $"/v1/offers/{first[0]["offerId"]}";
        var waits = (await scene.Operator.Get(offer)).Expect(HttpStatusCode.OK);
        Assert.Equal(("proposed", 2), (waits.Text_("status"), (int)waits.Number("maxGpus")));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1, new { region = "seoul-1" })).Text_("status"));
        Assert.Equal("proposed", (await world.Admin.Get("/v1/gpu-models/l4")).Text_("status"));
        var before = await world.FingerprintAsync();
        var again = await Import(scene, lines);
        Assert.Equal(["unchanged", "unchanged"], again.Take(2).Select(one => one["status"]!.GetValue<string>()));
        Assert.Equal(first[0]["offerId"]!.ToString(), again[0]["offerId"]!.ToString());
        Assert.Equal(Rows(before, "offers"), Rows(await world.FingerprintAsync(), "offers"));

        // Accepted, it serves at its rate. A dearer list waits, a cheaper one holds at once, and a grant keeps its rate.
        (await world.Admin.Post($"{offer}/accept", null, ("If-Match", waits.ETag))).Expect(HttpStatusCode.OK);
        var grant = (await scene.Startup.Ask(scene.Programme, 1, new { region = "seoul-1" })).Expect(HttpStatusCode.Created);
        Assert.Equal(2.99m, grant["grant"]["rate"]!.GetValue<decimal>());
        await world.PassAsync(TimeSpan.FromMinutes(1), scene.Operator, scene.Startup);
        var dearer = await Import(scene, "Han Cloud,H100x2,H100,80,2,52,400,7.98,seoul-1");
        Assert.Equal("2 repriced  3.99", Told(dearer[0]));
        Assert.Equal(3.99m, (await scene.Operator.Get(offer))["pending"]["rate"]!.GetValue<decimal>());
        Assert.Equal(2.99m, (await scene.Operator.Get(offer)).Number("rate"));
        Assert.Equal("2 repriced  1.99", Told((await Import(scene, "Han Cloud,H100x2,H100,80,2,52,400,3.98,seoul-1"))[0]));
        Assert.Equal(1.99m, (await scene.Operator.Get(offer)).Number("rate"));
        Assert.Equal(2.99m, (await scene.Startup.Get($"/v1/grants/{grant.Text_("grantId")}")).Number("rate"));

        // Once the model is active, its line becomes an offer.
        (
            await world.Admin.Patch(
                "/v1/gpu-models/l4",
                new
                {
                    status = "active",
                    gpuClass = "datacenter",
                    vendor = "NVIDIA",
                },
                Person.AnyVersion
            )
        ).Expect(HttpStatusCode.OK);
        Assert.Equal("created", (await Import(scene, lines))[2]["status"]!.GetValue<string>());

        // A price for another model never goes to the offer that came of the same instance type.
        var other = await Import(scene, "Han Cloud,H100x2,L4,24,2,52,400,0.20,seoul-1");
        Assert.Equal("2 refused gpu_model ", Told(other[0]));
        Assert.Equal(1.99m, (await scene.Operator.Get(offer)).Number("rate"));
        // A name that hides characters is none.
        Assert.Equal("2 refused gpu_model ", Told((await Import(scene, "Han Cloud,X,A\u202e100,80,2,52,400,1.00,seoul-1"))[0]));
    }

    [Fact]
    public async Task A_list_that_is_none_is_told_what_it_lacks_and_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        foreach (
            var (field, body) in ((string, object)[])
                [
                    ("csv", new { programmeId = scene.Programme, capacityGpuHours = 1 }),
                    (
                        "csv",
                        new
                        {
                            programmeId = scene.Programme,
                            capacityGpuHours = 1,
                            csv = "provider,region\na,b",
                        }
                    ),
                    ("capacityGpuHours", new { programmeId = scene.Programme, csv = Names }),
                    ("programmeId", new { capacityGpuHours = 1, csv = Names }),
                    (
                        "creditsPerUsd",
                        new
                        {
                            programmeId = scene.Programme,
                            capacityGpuHours = 1,
                            creditsPerUsd = 0,
                            csv = Names,
                        }
                    ),
                    (
                        "csv",
                        new
                        {
                            programmeId = scene.Programme,
                            capacityGpuHours = 1,
                            csv = Names + string.Concat(Enumerable.Repeat("\na", 501)),
                        }
                    ),
                    (
                        "csv",
                        new
                        {
                            programmeId = scene.Programme,
                            capacityGpuHours = 1,
                            csv = Names + "\n\"Han Cloud,A,H100,80,1,1,1,1,kr\nHan Cloud,B,H100,80,1,1,1,1,kr",
                        }
                    ),
                ]
        )
            (await scene.Operator.Post("/v1/offers/import", body)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", field);
        Assert.Equal(before, await world.FingerprintAsync());
    }

    private static async Task<List<JsonNode>> Import(Scene scene, params string[] lines)
    {
        var body = new
        {
            programmeId = scene.Programme,
            capacityGpuHours = 100,
            csv = string.Join('\n', lines.Prepend(Names)),
        };
        return [.. (await scene.Operator.Post("/v1/offers/import", body)).Expect(HttpStatusCode.OK)["lines"].AsArray().Select(one => one!)];
    }

    private static string Told(JsonNode line) => $"{line["line"]} {line["status"]} {line["column"]} {line["rate"]}";

    private static string Rows(string fingerprint, string table) =>
        fingerprint.Split('\n').Single(line => line.StartsWith(table + " ", StringComparison.Ordinal));
}
