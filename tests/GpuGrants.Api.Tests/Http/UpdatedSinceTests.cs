using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.Access;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Http;

/// <summary>Whoever keeps a copy asks each list for what changed since a moment, and reads in its items when they changed.</summary>
public sealed class UpdatedSinceTests
{
    [Fact]
    public async Task Every_list_of_changes_shows_when_each_item_changed_and_has_what_changed_since()
    {
        await using var world = await TestWorld.StartAsync();
        var cast = await Cast.EnterAsync(world);
        var rows = Rows(cast);
        Assert.Equal(Lists(), rows.Select(row => row.List).Order(StringComparer.Ordinal));
        var wrong = new List<string>();
        foreach (var (list, by, change, key) in rows)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(30));
            var since = world.Now;
            var reply = await change();
            if (!reply.Message.IsSuccessStatusCode)
                wrong.Add($"{list}: {(int)reply.Status} {reply.Text}");
            var changed = await ItemsAsync(by, cast.Path(list), $"&sort=updated&updatedSince={Uri.EscapeDataString(since.ToString("O"))}");
            var all = await ItemsAsync(by, cast.Path(list), "");
            if (changed.Count == 0)
                wrong.Add($"{list} has nothing that changed.");
            if (key is not null && reply.Message.IsSuccessStatusCode && !await IsToldAsync(world, key(reply), since))
                wrong.Add($"{list}: no event tells of {key(reply)}.");
            foreach (var (id, at) in all)
                if (at >= since != changed.ContainsKey(id))
                    wrong.Add($"{list}: {id} changed {at:O}, and {since:O} was asked for.");
            if (key is not null && reply.Message.IsSuccessStatusCode && !changed.ContainsKey(key(reply)))
                wrong.Add($"{list} lacks {key(reply)}: {string.Join(' ', changed.Keys)}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void An_item_of_every_list_of_changes_has_the_moment_in_the_contract()
    {
        var lacks = from list in Lists() let item = Item(list) where !item.ContainsKey("updatedAt") select list;
        Assert.Equal([], lacks);
    }

    /// <summary>Each list, somebody who reads it, something that changes one of its items, and the id of that item.</summary>
    private static IReadOnlyList<(string List, Person By, Func<Task<Reply>> Change, Func<Reply, string>? Key)> Rows(Cast cast)
    {
        var admin = cast.World.Admin;
        var (owner, partner, provider) = (Of("organization owner"), Of("partner"), Of("provider operator"));
        var (organization, request) = ($"/v1/organizations/{cast["organizations"]}", $"/v1/requests/{cast["requests"]}");
        return
        [
            ("/v1/quotes", owner, UseAsync, _ => cast["quotes"]),
            ("/v1/accounts/{id}/transfers", admin, () => Act(owner, $"/v1/grants/{cast["grants"]}/shrink", new { gpuHours = 1 }), null),
            ("/v1/clients", owner, () => Act(owner, $"/v1/clients/{cast["clientId"]}/rotate"), _ => cast["clientId"]),
            ("/v1/consents", owner, () => Act(owner, $"/v1/consents/{cast["consents"]}/end"), _ => cast["consents"]),
            ("/v1/grants/{id}/usage-records", owner, VoidAsync, _ => cast["recordId"]),
            ("/v1/grants", owner, () => Act(admin, $"/v1/grants/{cast["grants"]}/suspend", new { reason = "A look" }), _ => cast["grants"]),
            ("/v1/offers", provider, () => Patch(provider, $"/v1/offers/{cast["offers"]}", new { maxGpus = 32 }), _ => cast["offers"]),
            ("/v1/organizations", owner, () => Patch(owner, organization, new { externalId = "7" }), _ => cast["organizations"]),
            (
                "/v1/organizations/{id}/limits",
                owner,
                () => Patch(owner, $"{organization}/limits/{cast["limitId"]}", new { limit = 7 }),
                _ => cast["limitId"]
            ),
            (
                "/v1/organizations/{id}/projects",
                owner,
                () => Patch(owner, $"{organization}/projects/{cast["projectId"]}", new { name = "Vision" }),
                _ => cast["projectId"]
            ),
            ("/v1/partners", admin, () => Patch(admin, $"/v1/partners/{cast["partners"]}", new { name = "Gate" }), _ => cast["partners"]),
            ("/v1/partners/{id}/people", partner, () => SignUpAsync(partner), made => made.Text_("id")),
            (
                "/v1/programmes",
                admin,
                () => Patch(admin, $"/v1/programmes/{cast["programmes"]}", new { name = "Start" }),
                _ => cast["programmes"]
            ),
            (
                "/v1/programmes/{id}/code-batches",
                admin,
                () => Act(admin, $"/v1/code-batches/{cast["code-batches"]}/end", new { reason = "Over" }),
                _ => cast["code-batches"]
            ),
            (
                "/v1/programmes/{id}/standing-terms",
                admin,
                () => Act(admin, $"/v1/standing-terms/{cast["standing-terms"]}/end"),
                _ => cast["standing-terms"]
            ),
            (
                "/v1/providers",
                admin,
                () => Patch(admin, $"/v1/providers/{cast["providers"]}", new { website = "https://han.example" }),
                _ => cast["providers"]
            ),
            (
                "/v1/quota-increases",
                owner,
                () => Act(owner, $"/v1/quota-increases/{cast["quota-increases"]}/withdraw"),
                _ => cast["quota-increases"]
            ),
            ("/v1/requests", owner, () => Act(owner, $"{request}/amend", new { purpose = "Train" }), _ => cast["requests"]),
            ("/v1/reviews", admin, () => Act(owner, $"{request}/amend", new { purpose = "Train a model" }), _ => cast["requests"]),
            ("/v1/requests/{id}/decisions", owner, () => Act(owner, $"{request}/withdraw"), null),
            (
                "/v1/transfer-proposals",
                admin,
                () => Act(admin, $"/v1/transfer-proposals/{cast["transfer-proposals"]}/reject", new { reason = "Not now" }),
                _ => cast["transfer-proposals"]
            ),
            (
                "/v1/usage-disputes",
                owner,
                () => Act(owner, $"/v1/usage-disputes/{cast["usage-disputes"]}/withdraw"),
                _ => cast["usage-disputes"]
            ),
            (
                "/v1/quota-policies",
                admin,
                () => Act(admin, $"/v1/quota-policies/{cast["quota-policies"]}/retire"),
                _ => cast["quota-policies"]
            ),
        ];

        Person Of(string name) => cast.Callers.Single(one => one.Name == name).Person;

        Task<Reply> Act(Person by, string path, object? body = null) => by.Post(path, body ?? new { }, Person.AnyVersion);

        Task<Reply> Patch(Person by, string path, object body) => by.Patch(path, body, Person.AnyVersion);

        Task<Reply> SignUpAsync(Person by) => by.Post($"/v1/partners/{cast["partners"]}/people", Cast.PartnerPerson(cast));

        Task<Reply> VoidAsync() =>
            Act(admin, $"/v1/grants/{cast["grants"]}/usage-records/{cast["recordId"]}/void", new { reason = "Not theirs" });

        Task<Reply> UseAsync() => owner.Post("/v1/requests", new { quoteId = cast["quotes"], purpose = "Fine-tune a model" });
    }

    /// <summary>All items by their ids, with the moment of their last change, over all pages.</summary>
    private static async Task<Dictionary<string, DateTimeOffset>> ItemsAsync(Person by, string path, string query)
    {
        var items = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        await foreach (var page in by.PagesAsync($"{path}?limit=100{query}"))
        foreach (var item in page["data"].AsArray())
            items.Add(IdOf(item!), (item!["updatedAt"] ?? throw new InvalidOperationException(path)).GetValue<DateTimeOffset>());
        return items;
    }

    private static async Task<bool> IsToldAsync(TestWorld world, string id, DateTimeOffset since) =>
        await world.ScalarAsync<bool>(
            "select exists (select from events where occurred_at >= $2 and (resource_id = $1 or strpos(data::text, $1) > 0))",
            id,
            since
        );

    private static string IdOf(JsonNode item) => (item["id"] ?? item["clientId"] ?? item["request"]!["id"])!.GetValue<string>();

    private static JsonNode Contract { get; } = JsonNode.Parse(File.ReadAllText(Repository.File("openapi", "v1.json")))!;

    /// <summary>The lists that take <c>updatedSince</c>.</summary>
    private static List<string> Lists() =>
        [
            .. (
                from path in Contract["paths"]!.AsObject()
                where
                    path.Value!["get"]?["parameters"]?.AsArray().Any(one => Followed(one!)["name"]!.GetValue<string>() == "updatedSince")
                    == true
                select path.Key
            ).Order(StringComparer.Ordinal),
        ];

    /// <summary>The members of a list's items.</summary>
    private static Dictionary<string, JsonNode?> Item(string list)
    {
        var answer = Contract["paths"]![list]!["get"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!;
        return Members(Members(answer)["data"]!["items"]!);
    }

    private static Dictionary<string, JsonNode?> Members(JsonNode schema)
    {
        var whole = Followed(schema);
        var members = (whole["properties"]?.AsObject() ?? []).ToDictionary();
        foreach (var part in whole["allOf"]?.AsArray() ?? [])
        foreach (var (name, member) in Members(part!))
            members.TryAdd(name, member);
        return members;
    }

    private static JsonNode Followed(JsonNode node) =>
        node["$ref"]?.GetValue<string>() is { } to ? to.Split('/')[1..].Aggregate(Contract, (from, name) => from[name]!) : node;
}
