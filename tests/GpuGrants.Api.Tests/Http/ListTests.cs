using System.Net;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Tests.Access;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Http;

/// <summary>What every list can do: several values per filter, periods, orders, counts, and names for ids.</summary>
public sealed class ListTests
{
    [Fact]
    public async Task A_filter_takes_several_values_between_commas_or_repeated()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 10_000, rules: Scenes.PerRequest("10"));
        var waiting = (await scene.Startup.Ask(scene.Programme, 11)).Id;
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var approved = (await scene.Startup.Ask(scene.Programme, 1)).Id;
        var withdrawn = (await scene.Startup.Ask(scene.Programme, 12)).Id;
        (await scene.Startup.Post($"/v1/requests/{withdrawn}/withdraw")).Expect(HttpStatusCode.OK);
        Assert.Equal([waiting, approved], await IdsAsync(scene.Startup, "/v1/requests?sort=created&status=approved,in-review"));
        Assert.Equal([waiting, approved], await IdsAsync(scene.Startup, "/v1/requests?sort=created&status=approved&status=in-review"));
        Assert.Equal([withdrawn], await IdsAsync(scene.Startup, $"/v1/requests?status=withdrawn&programmeId={scene.Programme}"));
        var none = Guid.NewGuid();
        Assert.Equal(3, (await IdsAsync(scene.Startup, $"/v1/requests?programmeId={none},{scene.Programme}")).Count);
        Assert.Empty(await IdsAsync(scene.Startup, $"/v1/requests?programmeId={none}"));
    }

    [Theory]
    [InlineData("status=approved,nope", "status")]
    [InlineData("status=approved,", "status")]
    [InlineData("organizationId=7", "organizationId")]
    [InlineData("sort=name", "sort")]
    [InlineData("count=yes", "count")]
    [InlineData("createdFrom=yesterday", "createdFrom")]
    [InlineData("updatedSince=2026-13-01T00:00:00Z", "updatedSince")]
    public async Task What_a_list_cannot_read_is_refused_by_the_parameters_name(string query, string field)
    {
        await using var world = await TestWorld.StartAsync();
        (await world.Admin.Get($"/v1/requests?{query}")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", field);
    }

    [Fact]
    public async Task More_than_fifty_values_are_refused()
    {
        await using var world = await TestWorld.StartAsync();
        var ids = string.Join(',', Enumerable.Range(0, 51).Select(_ => Guid.NewGuid()));
        (await world.Admin.Get($"/v1/requests?programmeId={ids}")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "programmeId");
    }

    [Fact]
    public async Task Periods_and_orders_go_by_the_moments_that_the_items_show()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 10_000, rules: Scenes.PerRequest("10"));
        var first = (await scene.Startup.Ask(scene.Programme, 11)).Id;
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var between = Uri.EscapeDataString(world.Now.ToString("O"));
        var second = (await scene.Startup.Ask(scene.Programme, 12)).Id;
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await scene.Startup.Post($"/v1/requests/{first}/withdraw")).Expect(HttpStatusCode.OK);
        var later = Uri.EscapeDataString(world.Now.ToString("O"));
        Assert.Equal([second], await IdsAsync(scene.Startup, $"/v1/requests?createdFrom={between}"));
        Assert.Equal([first], await IdsAsync(scene.Startup, $"/v1/requests?createdTo={between}"));
        Assert.Equal([first], await IdsAsync(scene.Startup, $"/v1/requests?updatedSince={later}"));
        Assert.Equal([first, second], await IdsAsync(scene.Startup, "/v1/requests?sort=created"));
        Assert.Equal([second, first], await IdsAsync(scene.Startup, "/v1/requests?sort=-created"));
        Assert.Equal([second, first], await IdsAsync(scene.Startup, "/v1/requests?sort=updated"));
        Assert.Equal([first, second], await IdsAsync(scene.Startup, "/v1/requests?sort=-updated"));
    }

    [Theory]
    [InlineData("created")]
    [InlineData("-created")]
    [InlineData("updated")]
    [InlineData("-updated")]
    public async Task Pages_of_any_order_show_every_item_once_also_of_one_moment(string sort)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 10_000, capacity: 10_000, rules: Scenes.PerRequest("10"));
        var made = (await Task.WhenAll(Enumerable.Range(0, 7).Select(_ => scene.Startup.Ask(scene.Programme, 11)))).Select(one => one.Id);
        var found = new List<Guid>();
        await foreach (var page in scene.Startup.PagesAsync($"/v1/requests?sort={sort}&limit=2&count=true"))
        {
            found.AddRange(Ids(page));
            Assert.Equal(7, page["count"].GetValue<int>());
        }

        Assert.Equal(made.Order(), found.Order());
    }

    [Fact]
    public async Task A_cursor_of_one_order_means_nothing_in_another()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 10_000);
        for (var i = 0; i < 2; i++)
            await scene.Startup.Ask(scene.Programme, 1);
        var cursor = (await scene.Startup.Get("/v1/requests?sort=updated&limit=1")).Text_("nextCursor");
        (await scene.Startup.Get($"/v1/requests?sort=-created&limit=1&cursor={cursor}")).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed",
            "cursor"
        );
    }

    [Fact]
    public async Task A_page_names_the_organizations_programmes_and_providers_of_its_items()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 10_000);
        await scene.Startup.Ask(scene.Programme, 1);
        foreach (var path in (string[])["/v1/requests", "/v1/grants"])
        {
            var page = (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK);
            var item = page["data"].AsArray().Single()!;
            string[] members = path == "/v1/grants" ? ["organizationId", "programmeId", "providerId"] : ["organizationId", "programmeId"];
            foreach (var member in members)
            {
                var id = item[member]!.GetValue<string>();
                var owner = (await world.Admin.Get($"/v1/{member[..^2]}s/{id}")).Text_("name");
                Assert.Equal(owner, page["names"][id]!.GetValue<string>());
            }
        }
    }

    [Fact]
    public async Task Usage_records_come_in_the_order_of_their_reports_whatever_ids_the_provider_chose()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = (await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId");
        await world.PassAsync(scene, hours: 5);
        Guid[] ids = [.. Enumerable.Range(0, 5).Select(i => new Guid($"{(i * 7) % 5:x8}-0000-7000-8000-000000000001"))];
        foreach (var (i, id) in ids.Index())
        {
            var record = new
            {
                id,
                grantId = grant,
                gpus = 1,
                startedAt = world.Now.AddHours(-4).AddMinutes(i),
                endedAt = world.Now.AddHours(-4).AddMinutes(i + 1),
            };
            (await scene.Operator.Post("/v1/usage-records", new { records = new[] { record } })).Expect(HttpStatusCode.OK);
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var path = $"/v1/grants/{grant}/usage-records";
        Assert.Equal(ids.Reverse(), await IdsAsync(scene.Startup, path));
        var first = (await scene.Startup.Get($"{path}?sort=created&limit=2&count=true")).Expect(HttpStatusCode.OK);
        Assert.Equal(5, first["count"].GetValue<int>());
        var rest = await IdsAsync(scene.Startup, $"{path}?sort=created&cursor={first.Text_("nextCursor")}");
        Assert.Equal(ids, Ids(first).Concat(rest));
    }

    [Fact]
    public async Task Every_list_reads_each_parameter_that_it_declares()
    {
        await using var world = await TestWorld.StartAsync();
        var cast = await Cast.EnterAsync(world);
        var lists = world
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(one => one.Metadata.GetOrderedMetadata<QueryParameters>().Any(declared => declared.Names.Contains("createdFrom")))
            .ToList();
        Assert.True(lists.Count > 20);
        foreach (var list in lists)
        {
            var changes = list.Metadata.GetOrderedMetadata<QueryParameters>().Any(declared => declared.Names.Contains("updatedSince"));
            string[] orders = changes ? ["created", "-created", "updated", "-updated"] : ["created", "-created"];
            foreach (var order in orders)
            {
                var moment = Uri.EscapeDataString(world.Now.AddYears(-1).ToString("O"));
                var since = changes ? $"&updatedSince={moment}" : "";
                // Changes of requests and grants are searched for some organizations.
                var isHot = list.RoutePattern.RawText!.Trim('/') is "v1/requests" or "v1/grants";
                var whose = isHot ? $"&organizationId={cast["organizations"]}" : "";
                var path =
                    cast.Path($"/{list.RoutePattern.RawText!.TrimStart('/')}")
                    + $"?sort={order}&count=true&createdFrom={moment}{since}{whose}";
                var page = await world.Admin.Get(path);
                // Some lists of one resource are for its people alone.
                foreach (var (_, person) in cast.Callers)
                    if (page.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
                        page = await person.Get(path);
                Assert.True(page.Status is HttpStatusCode.OK or HttpStatusCode.Forbidden or HttpStatusCode.NotFound, path + page.Text);
                if (page.Status == HttpStatusCode.OK)
                    Assert.True(page["count"].GetValue<int>() >= page["data"].AsArray().Count, path);
            }
        }
    }

    private static async Task<List<Guid>> IdsAsync(Person person, string path) => Ids((await person.Get(path)).Expect(HttpStatusCode.OK));

    private static List<Guid> Ids(Reply page) => [.. page["data"].AsArray().Select(item => Guid.Parse(((string?)item!["id"])!))];
}
