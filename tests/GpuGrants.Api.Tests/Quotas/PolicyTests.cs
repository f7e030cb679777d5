using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Quotas;

public sealed class PolicyTests
{
    [Theory]
    [InlineData("""{"limit":{"gpuHours":"-1"}}""", "negative-limit", "limit")]
    [InlineData("""{"limit":{"count":3}}""", null, "limit")]
    [InlineData("""{"limit":{"gpuHours":"99999999999999"}}""", null, "limit")]
    [InlineData("""{"window":{"kind":"calendar","unit":"month","timeZone":"Mars/Olympus"}}""", "unknown-time-zone", "window.timeZone")]
    [InlineData("""{"window":{"kind":"concurrent"}}""", "mixed-units", "window.kind")]
    [InlineData("""{"subject":{"level":"organization","kinds":["circus"]}}""", "never-matches", "subject.kinds")]
    [InlineData(
        """{"filter":{"minOrganizationAgeDays":10,"maxOrganizationAgeDays":5}}""",
        "never-matches",
        "filter.maxOrganizationAgeDays"
    )]
    [InlineData("""{"outcome":"deny","approvals":{"count":2}}""", "contradiction", "approvals")]
    [InlineData("""{"increaseCeiling":{"gpuHours":"1"}}""", "contradiction", "increaseCeiling")]
    [InlineData("""{"surprise":true}""", null, "surprise")]
    public async Task A_policy_that_means_nothing_is_refused_with_rule_and_field(string change, string? code, string field)
    {
        await using var world = await TestWorld.StartAsync();
        var rule = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(Scenes.PerMonth("20")))!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
            rule[name] = value?.DeepClone();
        var refused = await world.Admin.Post("/v1/quota-policies", new { name = "Rules", document = new { rules = new[] { rule } } });
        refused.ExpectProblem(HttpStatusCode.BadRequest, "policy-invalid");
        var (key, messages) = Assert.Single(refused["errors"].AsObject());
        Assert.Contains(field, key, StringComparison.Ordinal);
        if (code is not null)
            Assert.StartsWith($"{code}: Rule 'per-month'", messages![0]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from quota_policies"));
    }

    [Fact]
    public async Task A_policy_that_comes_later_makes_no_counter_for_whom_it_counts_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.Lifetime("5"));
        var (other, owner) = await world.Organization(name: "Another");
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 50)).Text_("status"));
        await world.Policy(scene.Programme, Scenes.PerMonth("30"));
        Assert.Equal("approved", (await owner.Ask(scene.Programme, 1)).Text_("status"));
        Assert.Equal((0, 2), (await CountersOf(scene.Organization), await CountersOf(other)));

        async Task<int> CountersOf(Guid organization)
        {
            await using var connection = new NpgsqlConnection(world.Database);
            await connection.OpenAsync();
            return (await StoredCounters.ReadAsync(connection)).Count(one => one.Key.Subject == SubjectId.Of(organization));
        }
    }

    [Fact]
    public async Task An_anchored_window_is_published_counts_and_says_when_it_resets()
    {
        await using var world = await TestWorld.StartAsync();
        var anchor = DateOnly.FromDateTime(world.Now.UtcDateTime).AddDays(-3);
        var rule = new
        {
            id = "ten-days",
            measure = "gpu-hours-granted",
            subject = new { level = "organization" },
            window = new
            {
                kind = "anchored",
                length = "P10D",
                anchor = $"{anchor:yyyy-MM-dd}",
                timeZone = "UTC",
            },
            limit = new { gpuHours = "20" },
            outcome = "deny",
        };
        var scene = await world.Scene(rules: rule);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 12)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 9)).Text_("status"));
        var quota = (await scene.Startup.Get($"/v1/organizations/{scene.Organization}/headroom?programmeId={scene.Programme}")).Expect(
            HttpStatusCode.OK
        )["data"][0]!["quotas"]!
            .AsArray()
            .Single(one => one!["rule"]!.GetValue<string>() == "ten-days")!;
        Assert.Equal(("anchored", 12m), (quota["window"]!.GetValue<string>(), quota["used"]!.GetValue<decimal>()));
        Assert.Equal(new DateTimeOffset(anchor.AddDays(10), default, TimeSpan.Zero), quota["resetsAt"]!.GetValue<DateTimeOffset>());
        await world.PassAsync(TimeSpan.FromDays(7), scene.Startup);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 9)).Text_("status"));
    }

    [Fact]
    public async Task A_borrowing_cycle_is_refused()
    {
        await using var world = await TestWorld.StartAsync();
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        object Node(Guid programmeId, Guid parentId) =>
            new
            {
                programmeId,
                parentId,
                nominal = new { gpuHours = "10" },
            };
        var rule = new
        {
            id = "shared",
            measure = "gpu-hours-granted",
            subject = new { level = "programme" },
            window = new { kind = "lifetime" },
            sharing = new { nodes = new[] { Node(a, b), Node(b, a) } },
            outcome = "deny",
        };
        var refused = (
            await world.Admin.Post("/v1/quota-policies", new { name = "Rules", document = new { rules = new[] { rule } } })
        ).ExpectProblem(HttpStatusCode.BadRequest, "policy-invalid");
        Assert.Contains("borrowing-cycle", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_published_change_binds_the_very_next_decision_on_the_other_replica()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10", "deny", "small"));
        var there = scene.Startup.On(second);
        Assert.Equal("approved", (await there.Ask(scene.Programme, 10)).Text_("status"));
        for (var hours = 9; hours > 4; hours--)
        {
            await PublishAsync(
                world,
                Scenes.PerRequest(hours.ToString(System.Globalization.CultureInfo.InvariantCulture), "deny", "small")
            );
            Assert.Equal("denied", (await there.Ask(scene.Programme, hours + 0.01m)).Text_("status"));
            Assert.Equal("approved", (await there.Ask(scene.Programme, hours)).Text_("status"));
        }
    }

    [Fact]
    public async Task The_second_of_two_drafts_written_at_once_is_told_that_the_policy_has_changed()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        await world.Scene(rules: Scenes.PerMonth("10"));
        var policy = await PolicyAsync(world);
        var etag = (await world.Admin.Get($"/v1/quota-policies/{policy}")).ETag;
        Person[] administrators = [world.Admin, second.Admin];
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i =>
                    administrators[i % 2]
                        .Put(
                            $"/v1/quota-policies/{policy}/draft",
                            new { document = new { rules = new[] { Scenes.PerMonth($"{20 + i}") } } },
                            ("If-Match", etag)
                        )
                )
        );
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.OK);
        Assert.All(
            replies.Where(reply => reply.Status != HttpStatusCode.OK),
            reply => reply.ExpectProblem(HttpStatusCode.PreconditionFailed, "stale")
        );
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from quota_policy_versions where status = 'draft'"));
    }

    [Fact]
    public async Task A_version_takes_effect_on_its_date_and_a_retired_policy_limits_no_more()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10", "deny", "small"));
        await PublishAsync(world, Scenes.PerRequest("20", "deny", "small"), world.Now.AddHours(2));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 15)).Text_("status"));
        await world.PassAsync(TimeSpan.FromHours(2), scene.Startup);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 15)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 21)).Text_("status"));
        var policy = await PolicyAsync(world);
        var seen = await world.Admin.Get($"/v1/quota-policies/{policy}");
        (
            await world.Admin.Post(
                $"/v1/quota-policies/{policy}/retire",
                new { effectiveFrom = world.Now.AddHours(-2) },
                ("If-Match", seen.ETag)
            )
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "effectiveFrom");
        (
            await world.Admin.Post(
                $"/v1/quota-policies/{policy}/retire",
                new { effectiveFrom = world.Now.AddHours(1) },
                ("If-Match", seen.ETag)
            )
        ).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 21)).Text_("status"));
        await world.PassAsync(TimeSpan.FromHours(1), scene.Startup);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 21)).Text_("status"));
    }

    [Fact]
    public async Task A_stored_policy_that_cannot_be_read_refers_to_people_and_approves_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("100"));
        await using (var connection = new NpgsqlConnection(world.Database))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                "alter table quota_policy_versions disable trigger quota_policy_versions_published_stays; update "
                    + "quota_policy_versions set document = '{\"rules\":\"none\"}'; update programme_trees set config_version = "
                    + "config_version + 1",
                connection
            );
            await command.ExecuteNonQueryAsync();
        }

        var asked = await scene.Startup.Ask(scene.Programme, 1);
        Assert.Equal("in-review", asked.Text_("status"));
        Assert.Equal("policy-unreadable", asked["decision"]["reasons"]![0]!["code"]!.GetValue<string>());
        Assert.Contains(
            "cannot be read",
            (await (await world.Reviewer(scene.Programme)).Get($"/v1/requests/{asked.Id}"))["decision"]["forOperators"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_policy_in_shadow_enforces_nothing_and_operators_read_what_it_would_have_done()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var document = new { shadow = true, rules = new[] { Scenes.Lifetime("5"), Scenes.PerRequest("1") } };
        var made = await world.Admin.Post(
            "/v1/quota-policies",
            new
            {
                programmeId = scene.Programme,
                name = "Tried",
                document,
            }
        );
        (
            await world.Admin.Post($"/v1/quota-policies/{made.Expect(HttpStatusCode.Created).Id}/publish", new { }, ("If-Match", made.ETag))
        ).Expect(HttpStatusCode.OK);
        var asked = await scene.Startup.Ask(scene.Programme, 9);
        Assert.Equal("approved", asked.Text_("status"));
        var seen = await world.Admin.Get($"/v1/requests/{asked.Id}");
        Assert.Contains(
            "rule \"lifetime\": shadow when breached",
            seen["decision"]["forOperators"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
        // Once it is enforced, what was counted in the shadow counts.
        await PublishAsync(world, Scenes.Lifetime("5"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task Names_that_nothing_bears_are_warned_of_when_a_document_is_checked_and_when_it_is_published()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var elsewhere = await world.Programme();
        var elsewhereOffer = await scene.Operator.Offer(elsewhere, scene.Provider, region: "us-east");
        object Rule(string id, object? filter = null, object? subject = null) =>
            new
            {
                id,
                measure = "gpu-hours-granted",
                subject = subject ?? new { level = "organization" },
                filter = filter ?? new { },
                window = new { kind = "per-request" },
                limit = new { gpuHours = "1" },
                outcome = "shadow",
            };
        var document = new
        {
            rules = new[]
            {
                Rule("model", new { gpuModels = new[] { "h100", "b300" } }),
                Rule("case", new { gpuModels = new[] { "H100" }, tags = new[] { "Class" } }),
                Rule("class", new { gpuClasses = new[] { "consumer" } }),
                Rule("region", new { regions = new[] { "us-east" } }),
                Rule("provider", new { providers = new[] { Guid.NewGuid() } }),
                Rule("offer", new { offers = new[] { elsewhereOffer } }),
                Rule("programme", subject: new { level = "programme", ids = new[] { elsewhere } }),
                Rule("member", subject: new { level = "member", ids = new[] { Guid.NewGuid() } }),
                Rule(
                    "good",
                    new
                    {
                        gpuModels = new[] { "h100" },
                        gpuClasses = new[] { "datacenter" },
                        regions = new[] { "kr-central" },
                        providers = new[] { scene.Provider },
                        offers = new[] { scene.Offer },
                        tags = new[] { "class" },
                    },
                    new { level = "organization", ids = new[] { scene.Organization } }
                ),
            },
        };
        string[] all = ["case", "case", "class", "member", "model", "offer", "programme", "provider", "region"];
        var check = (await world.Admin.Post("/v1/quota-policies/validate", new { programmeId = scene.Programme, document })).Expect(
            HttpStatusCode.OK
        );
        Assert.True(check["valid"].GetValue<bool>());
        Assert.Equal(all, Warned(check));
        // Whoever does not administer the programme learns nothing of offers and subjects.
        var asked = await scene.Startup.Post("/v1/quota-policies/validate", new { programmeId = scene.Programme, document });
        Assert.Equal(all.Except(["member", "offer", "programme"]), Warned(asked.Expect(HttpStatusCode.OK)).Distinct());
        // On the whole platform the other programme's offers count too.
        var platform = await world.Admin.Post("/v1/quota-policies/validate", new { document });
        Assert.DoesNotContain("offer", Warned(platform.Expect(HttpStatusCode.OK)));
        var missing = await scene.Startup.Post("/v1/quota-policies/validate", new { programmeId = Guid.NewGuid(), document });
        missing.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "programmeId");
        // A private programme is none to strangers.
        var hidden = (
            await world.Admin.Post(
                "/v1/programmes",
                new
                {
                    name = "Hidden",
                    timeZone = "UTC",
                    visibility = "private",
                }
            )
        ).Expect(HttpStatusCode.Created);
        var seen = await scene.Startup.Post("/v1/quota-policies/validate", new { programmeId = hidden.Id, document });
        seen.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "programmeId");
        Assert.Equal(missing["errors"].ToJsonString(), seen["errors"].ToJsonString());
        (await world.Admin.Post("/v1/quota-policies/validate", new { programmeId = hidden.Id, document })).Expect(HttpStatusCode.OK);

        var made = await world.Admin.Post(
            "/v1/quota-policies",
            new
            {
                programmeId = scene.Programme,
                name = "Rules",
                document,
            }
        );
        var published = await world.Admin.Post($"/v1/quota-policies/{made.Id}/publish", new { }, ("If-Match", made.ETag));
        Assert.Equal(all, Warned(published.Expect(HttpStatusCode.OK)));

        static IEnumerable<string> Warned(Reply reply) =>
            reply["warnings"]
                .AsArray()
                .Where(one => one!["code"]!.GetValue<string>() == "never-matches")
                .Select(one => one!["ruleId"]!.GetValue<string>())
                .Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_policy_says_which_version_is_in_force_and_its_people_read_who_published_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10", "deny", "small"));
        var policy = await PolicyAsync(world);
        var reviewer = await world.Reviewer(scene.Programme);
        await PublishAsync(world, Scenes.PerRequest("20", "deny", "small"), world.Now.AddHours(2));
        var before = (await reviewer.Get($"/v1/quota-policies/{policy}")).Expect(HttpStatusCode.OK);
        Assert.Equal((1, 2), (before["versionInForce"].GetValue<int>(), before["versions"].AsArray().Count));
        var publisher = before["versions"][0]!["publisher"]!;
        Assert.Equal(
            await world.ScalarAsync<Guid>("select published_by from quota_policy_versions where number = 1"),
            publisher["id"]!.GetValue<Guid>()
        );
        Assert.NotEqual("", publisher["name"]!.GetValue<string>());
        await world.PassAsync(TimeSpan.FromHours(2), reviewer, scene.Startup);
        var after = (await scene.Startup.Get($"/v1/quota-policies/{policy}")).Expect(HttpStatusCode.OK);
        Assert.Equal(2, after["versionInForce"].GetValue<int>());
        Assert.Null(after["versions"][0]!["publisher"]);
        Assert.NotNull(after["versions"][0]!["publishedAt"]);
        // The resource is the same version, and the answer is not.
        Assert.NotEqual(before.ETag, after.ETag);
        var listed = (await scene.Startup.Get("/v1/quota-policies"))["data"].AsArray().Single()!;
        Assert.Equal(2, listed["versionInForce"]!.GetValue<int>());
        var retired = await world.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, ("If-Match", after.ETag));
        Assert.Null(retired.Expect(HttpStatusCode.OK).Body!["versionInForce"]);
        Assert.Null((await scene.Startup.Get($"/v1/quota-policies/{policy}")).Body!["versionInForce"]);
    }

    [Fact]
    public async Task An_override_of_a_sharing_changes_what_a_programme_brings_in()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var child = await world.Programme(0, scene.Programme);
        object Node(Guid programmeId, string hours, Guid? parentId = null) =>
            new
            {
                programmeId,
                parentId,
                nominal = new { gpuHours = hours },
            };
        var policy = await world.Policy(
            scene.Programme,
            new
            {
                id = "shared",
                measure = "gpu-hours-granted",
                subject = new { level = "programme" },
                window = new { kind = "lifetime" },
                sharing = new { nodes = new[] { Node(scene.Programme, "10"), Node(child, "0", scene.Programme) } },
                outcome = "deny",
            }
        );
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 15)).Text_("status"));
        var stranger = await OverrideAsync(scene.Organization);
        stranger.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "subject");
        (await OverrideAsync(child)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 15)).Text_("status"));

        Task<Reply> OverrideAsync(Guid subject) =>
            world.Admin.Post(
                "/v1/quota-overrides",
                new
                {
                    policyId = policy,
                    ruleId = "shared",
                    subject,
                    effect = "add",
                    amount = 5,
                    reason = "A new sponsor",
                }
            );
    }

    [Fact]
    public async Task A_policy_is_exported_imported_elsewhere_and_compared()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Scene(rules: [Scenes.PerMonth("100"), Scenes.ActiveGrants(2)]);
        var policy = await PolicyAsync(world);
        await PublishAsync(world, Scenes.PerMonth("150"));
        var exported = (await world.Admin.Get($"/v1/quota-policies/{policy}/versions/1/export")).Expect(HttpStatusCode.OK);
        var imported = (await world.Admin.Post("/v1/quota-policies", new { name = "Copy", document = exported.Body })).Expect(
            HttpStatusCode.Created
        );
        Assert.Equal(exported.Text, (await world.Admin.Get($"/v1/quota-policies/{imported.Id}/versions/1/export")).Text);
        var diff = (await world.Admin.Get($"/v1/quota-policies/{policy}/diff?from=1&to=2")).Expect(HttpStatusCode.OK).Text;
        Assert.Contains("active-grants", diff, StringComparison.Ordinal);
        Assert.Contains("150", diff, StringComparison.Ordinal);
        (await world.Admin.Get($"/v1/quota-policies/{policy}/diff?from=1&to=7")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_rule_of_the_platform_holds_over_two_trees_at_once()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var other = await world.Programme(1_000);
        await scene.Operator.Offer(other, scene.Provider);
        await world.Policy(null, Scenes.Lifetime("20"));
        Person[] callers = [scene.Startup, scene.Startup.On(second)];
        var replies = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => callers[i % 2].Ask(i % 4 < 2 ? scene.Programme : other, 1)));
        Assert.Equal(20, replies.Count(reply => reply.Expect(HttpStatusCode.Created).Text_("status") == "approved"));
        Assert.Equal(1_980, await world.Balance(scene.Programme, "budget") + await world.Balance(other, "budget"));
    }

    private static Task<Guid> PolicyAsync(TestWorld world) => world.ScalarAsync<Guid>("select id from quota_policies limit 1");

    private static async Task PublishAsync(TestWorld world, object rule, DateTimeOffset? effectiveFrom = null)
    {
        var policy = await PolicyAsync(world);
        var seen = await world.Admin.Get($"/v1/quota-policies/{policy}");
        var drafted = (
            await world.Admin.Put(
                $"/v1/quota-policies/{policy}/draft",
                new { document = new { rules = new[] { rule } } },
                ("If-Match", seen.ETag)
            )
        ).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/quota-policies/{policy}/publish", new { effectiveFrom }, ("If-Match", drafted.ETag))).Expect(
            HttpStatusCode.OK
        );
    }
}
