using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Http;

/// <summary>What stands in a path or a query and cannot be read.</summary>
public sealed class AddressTests
{
    [Fact]
    public async Task Malformed_ids_name_nothing_and_unknown_filter_values_are_refused()
    {
        await using var world = await TestWorld.StartAsync();
        foreach (
            var id in (string[])
                ["1", "x", "0190f5d28c1e7c3a9b1d2f3e4a5b6c7", "..%2f..", "{0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d", "%01", "%ff%fe"]
        )
            (await world.Admin.Get($"/v1/organizations/{id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        foreach (
            var (name, value) in ((string, string)[])
                [
                    ("organizationId", "x"),
                    ("programmeId", "1"),
                    ("status", "open"),
                    ("limit", "0"),
                    ("limit", "101"),
                    ("limit", "-1"),
                    ("limit", "1e1"),
                    ("limit", "99999999999"),
                ]
        )
            (await world.Admin.Get($"/v1/requests?{name}={value}")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", name);
    }

    [Fact]
    public async Task Malformed_or_far_away_moments_are_refused_with_their_field()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var account = (await world.Admin.Get($"/v1/accounts?ownerId={scene.Programme}"))["data"][0]!["id"]!.GetValue<string>();
        foreach (
            var query in (string[])
                [
                    "from=x",
                    "to=x",
                    "from=2026-13-01T00:00:00Z",
                    "to=99999-01-01T00:00:00Z",
                    "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
                    "to=0001-01-01T00:00:00Z",
                    "from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z",
                ]
        )
            Assert.True((int)(await world.Admin.Get($"/v1/accounts/{account}/statement?{query}")).Status is 200 or 400, query);
        foreach (
            var moment in (string[])
                [
                    "x",
                    "12",
                    "9999-99-99",
                    "2026-01-01T00:00:00+99:00",
                    "2026-01-01",
                    "2026-01-01T00:00:00",
                    "01/02/2026",
                    "2026-01-01 00:00:00Z",
                    "2026-01-01T00:00:00+9",
                    "2026-01-01T00:00:00+0900",
                    " 2026-01-01T00:00:00Z",
                    "2026-01-01T00:00:00z",
                    "2026-01-01T24:00:00Z",
                    "2026-02-30T00:00:00Z",
                ]
        )
            (await world.Admin.Get($"/v1/accounts/{account}?asOf={Uri.EscapeDataString(moment)}")).ExpectProblem(
                HttpStatusCode.BadRequest,
                "malformed",
                "asOf"
            );
        foreach (var moment in (string[])["2026-01-01T00:00Z", "2026-01-01T00:00:00.123456Z", "2026-01-01T09:00:00%2B09:00"])
            (await world.Admin.Get($"/v1/accounts/{account}?asOf={moment}")).Expect(HttpStatusCode.OK);
        foreach (var moment in (string[])["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"])
            Assert.True((int)(await world.Admin.Get($"/v1/accounts/{account}?asOf={moment}")).Status is 200 or 400, moment);
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_problem_documents_too()
    {
        await using var world = await TestWorld.StartAsync();
        (await world.Admin.Get("/v1/nothing")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await world.Admin.Delete("/v1/requests")).ExpectProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }
}
