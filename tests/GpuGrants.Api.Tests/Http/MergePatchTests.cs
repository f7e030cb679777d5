using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Http;

/// <summary>Every PATCH is a JSON Merge Patch (RFC 7396) on a version of a resource.</summary>
public sealed class MergePatchTests
{
    /// <param name="Template">The path in the contract.</param>
    /// <param name="Path">The path of a resource that is there.</param>
    /// <param name="Keeps">A member that may not be empty, with a new value.</param>
    /// <param name="Clears">Members that may be empty, with a value to clear.</param>
    /// <param name="By">Who may change it.</param>
    private sealed record Row(string Template, string Path, (string Name, JsonNode Value) Keeps, JsonObject Clears, Person By);

    [Fact]
    public async Task Absent_members_stay_and_null_clears_what_may_be_empty()
    {
        await using var world = await TestWorld.StartAsync();
        foreach (var row in await Rows(world))
        {
            var filled = await Patch(row, row.Clears);
            foreach (var (name, value) in row.Clears)
                Assert.Equal(value!.ToJsonString(), filled[name].ToJsonString());
            // An absent member stays: nothing but the version, its time and the named member changes.
            var named = await Patch(row, new JsonObject { [row.Keeps.Name] = row.Keeps.Value.DeepClone() });
            Assert.Equal(row.Keeps.Value.ToJsonString(), named[row.Keeps.Name].ToJsonString());
            foreach (var (name, value) in row.Clears)
                Assert.Equal(value!.ToJsonString(), named[name].ToJsonString());
            var nulls = new JsonObject(row.Clears.Select(member => KeyValuePair.Create(member.Key, (JsonNode?)null)));
            var cleared = await Patch(row, nulls);
            foreach (var (name, _) in row.Clears)
                Assert.True(
                    cleared.Body![name] is null || cleared[name].ToJsonString() is "[]" or "0",
                    $"{row.Template} {name}: {cleared.Text}"
                );
            Assert.Equal(row.Keeps.Value.ToJsonString(), cleared[row.Keeps.Name].ToJsonString());
        }
    }

    [Fact]
    public async Task Null_for_a_member_that_may_not_be_empty_is_refused_by_its_name()
    {
        await using var world = await TestWorld.StartAsync();
        foreach (var row in await Rows(world))
        {
            var before = await row.By.Get(row.Path);
            var refused = await row.By.Patch(
                row.Path,
                new JsonObject { [row.Keeps.Name] = null }.ToJsonString(),
                ("If-Match", before.ETag)
            );
            refused.ExpectProblem(HttpStatusCode.BadRequest, "invalid", row.Keeps.Name);
            Assert.Equal(before.Text, (await row.By.Get(row.Path)).Text);
        }
    }

    [Fact]
    public async Task A_change_counts_the_version_records_its_event_and_needs_the_version_that_was_read()
    {
        await using var world = await TestWorld.StartAsync();
        foreach (var row in await Rows(world))
        {
            var before = await row.By.Get(row.Path);
            var events = await world.ScalarAsync<long>("select count(*) from events");
            var body = new JsonObject { [row.Keeps.Name] = row.Keeps.Value.DeepClone() }.ToJsonString();
            (await row.By.Patch(row.Path, body)).ExpectProblem((HttpStatusCode)428, "precondition-required", "If-Match");
            var changed = (await row.By.Patch(row.Path, body, ("If-Match", before.ETag))).Expect(HttpStatusCode.OK);
            Assert.NotEqual(before.ETag, changed.ETag);
            Assert.Equal(before["version"]!.GetValue<long>() + 1, changed["version"]!.GetValue<long>());
            Assert.Equal(events + 1, await world.ScalarAsync<long>("select count(*) from events"));
            (await row.By.Patch(row.Path, body, ("If-Match", before.ETag))).ExpectProblem(
                HttpStatusCode.PreconditionFailed,
                "stale",
                "If-Match"
            );
            // A read may show more than the resource itself, and its ETag says so behind the version.
            Assert.StartsWith(changed.ETag.TrimEnd('"'), (await row.By.Get(row.Path)).ETag, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_patch_takes_both_media_types_of_json_and_no_other()
    {
        await using var world = await TestWorld.StartAsync();
        foreach (var row in await Rows(world))
        {
            foreach (var type in (string[])["application/merge-patch+json", "application/json"])
                (await SendAs(world, row, type)).Expect(HttpStatusCode.OK);
            foreach (var type in (string[])["text/plain", "application/json-patch+json"])
                (await SendAs(world, row, type)).Expect(HttpStatusCode.UnsupportedMediaType);
        }
    }

    /// <summary>These are for people who signed up, which takes mail. <c>MeTests</c> and <c>NoticeTests</c> hold them.</summary>
    private static readonly string[] Own = ["/me", "/me/mail"];

    [Fact]
    public async Task No_patch_is_left_out_of_these_tests()
    {
        await using var world = await TestWorld.StartAsync();
        // ContractTests hold it against what is served.
        var contract = JsonNode.Parse(await File.ReadAllTextAsync(Repository.File("openapi", "v1.json")))!["paths"]!.AsObject();
        var patches = contract
            .Where(path => path.Value!["patch"] is not null)
            .Select(path => path.Key.Replace("/v1", "", StringComparison.Ordinal))
            .Where(path => !Own.Contains(path));
        Assert.Equal(patches.Order(StringComparer.Ordinal), (await Rows(world)).Select(row => row.Template).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task No_member_that_may_be_empty_is_left_out_of_these_tests()
    {
        await using var world = await TestWorld.StartAsync();
        var rows = (await Rows(world)).ToDictionary(row => row.Template);
        var patches = world
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(one => one.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("PATCH") == true);
        foreach (var patch in patches)
        {
            var template = patch
                .RoutePattern.RawText!.Replace("/v1", "", StringComparison.Ordinal)
                .Replace(":guid", "", StringComparison.Ordinal);
            var mayBeEmpty = patch
                .Metadata.GetMetadata<IAcceptsMetadata>()!
                .RequestType!.GetProperties()
                .Where(member => member.IsDefined(typeof(MayBeEmptyAttribute), inherit: false))
                .Select(member => JsonNamingPolicy.CamelCase.ConvertName(member.Name));
            var clears = Own.Contains(template) ? [] : rows[template].Clears.Select(one => one.Key);
            Assert.Equal(mayBeEmpty.Order(StringComparer.Ordinal), clears.Order(StringComparer.Ordinal));
        }
    }

    private static async Task<List<Row>> Rows(TestWorld world)
    {
        var scene = await world.Scene();
        var partner = (await world.Admin.Post("/v1/partners", new { name = "Portal" })).Expect(HttpStatusCode.Created).Id;
        var hook = (
            await scene.Startup.Post(
                "/v1/webhook-endpoints",
                new
                {
                    ownerKind = "organization",
                    ownerId = scene.Organization,
                    url = "https://192.0.2.1/hook",
                }
            )
        ).Expect(HttpStatusCode.Created).Id;
        var project = (await scene.Startup.Post($"/v1/organizations/{scene.Organization}/projects", new { name = "Robots" })).Expect(
            HttpStatusCode.Created
        );
        var limit = (
            await scene.Startup.Post(
                $"/v1/organizations/{scene.Organization}/limits",
                new
                {
                    level = "member",
                    measure = "gpu-hours-granted",
                    window = "month",
                    limit = 100,
                }
            )
        ).Expect(HttpStatusCode.Created);
        static JsonObject Of(string json) => JsonNode.Parse(json)!.AsObject();
        return
        [
            new("/partners/{id}", $"/v1/partners/{partner}", ("name", "Gate"), [], world.Admin),
            new(
                "/webhook-endpoints/{id}",
                $"/v1/webhook-endpoints/{hook}",
                ("url", "https://192.0.2.2/hook"),
                Of("""{"description":"For the portal"}"""),
                scene.Startup
            ),
            new(
                "/providers/{id}",
                $"/v1/providers/{scene.Provider}",
                ("country", "JP"),
                Of("""{"website":"https://example.org"}"""),
                world.Admin
            ),
            new("/gpu-models/{id}", "/v1/gpu-models/h100", ("memoryGib", 94), [], world.Admin),
            new(
                "/offers/{id}",
                $"/v1/offers/{scene.Offer}",
                ("maxGpus", 16),
                Of(
                    """{"minGpuHours":2,"maxGpuHours":200,"endsAt":"2999-01-01T00:00:00Z","externalId":"own-1","metadata":{"plan":"starter"}"""
                        + ""","connection":"ssh {{grantId}}","interconnect":"nvlink","gpusPerNode":8,"tags":["class"]"""
                        + ""","eligibleKinds":["startup"],"eligibleCountries":["KR"]}"""
                ),
                world.Admin
            ),
            new(
                "/programmes/{id}",
                $"/v1/programmes/{scene.Programme}",
                ("maxGrantDays", 60),
                Of(
                    """{"description":"For all","sponsor":"A fund","endsAt":"2099-01-01T00:00:00Z","eligibleKinds":["startup"],"eligibleCountries":["KR"],"eligibleEmailDomains":["ac.kr"],"graceGpuHours":1,"suspendAfterGpuHours":2,"revokeAfterGpuHours":3,"externalId":"own-1","metadata":{"plan":"starter"}}"""
                ),
                world.Admin
            ),
            new(
                "/organizations/{id}",
                $"/v1/organizations/{scene.Organization}",
                ("country", "JP"),
                Of("""{"externalId":"own-1","metadata":{"plan":"starter"}}"""),
                world.Admin
            ),
            new(
                "/organizations/{id}/limits/{limitId}",
                $"/v1/organizations/{scene.Organization}/limits/{limit.Id}",
                ("limit", 50),
                Of("""{"title":"Half of us"}"""),
                scene.Startup
            ),
            new(
                "/organizations/{id}/projects/{projectId}",
                $"/v1/organizations/{scene.Organization}/projects/{project.Id}",
                ("name", "Arms"),
                Of("""{"description":"Grippers","externalId":"own-1","metadata":{"plan":"starter"}}"""),
                scene.Startup
            ),
        ];
    }

    private static async Task<Reply> Patch(Row row, JsonObject body) =>
        (await row.By.Patch(row.Path, body.ToJsonString(), ("If-Match", (await row.By.Get(row.Path)).ETag))).Expect(HttpStatusCode.OK);

    private static async Task<Reply> SendAs(TestWorld world, Row row, string mediaType)
    {
        using var message = new HttpRequestMessage(HttpMethod.Patch, row.Path);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await row.By.TokenAsync());
        message.Headers.TryAddWithoutValidation("If-Match", (await row.By.Get(row.Path)).ETag);
        message.Content = new StringContent(
            new JsonObject { [row.Keeps.Name] = row.Keeps.Value.DeepClone() }.ToJsonString(),
            Encoding.UTF8,
            mediaType
        );
        return await Person.SendAsync(world.Http, message);
    }
}
