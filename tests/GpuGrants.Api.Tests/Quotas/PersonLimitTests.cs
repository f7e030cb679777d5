using System.Net;
using CsCheck;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>Limits bind people, whatever they own and through whomever they ask.</summary>
public sealed class PersonLimitTests
{
    [Fact]
    public async Task One_person_gets_no_more_by_more_organizations_projects_or_helpers()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--People:OrganizationsPerPerson=40"]);
        var scene = await world.Scene(rules: [Scenes.Lifetime("10"), PerPerson("25")]);
        var (first, mina) = await world.SignUpAsync("mina@example.org");
        var organizations = new List<Guid> { first };
        for (var i = 0; i < 5; i++)
            organizations.Add((await mina.NewOrganization($"Lab {i}")).Expect(HttpStatusCode.Created).Id);
        var helper = await world.Member($"/v1/organizations/{first}/members", "organization-owner", by: mina);
        var replies = await Task.WhenAll(organizations.Select(one => mina.Ask(scene.Programme, 10, new { organizationId = one })));
        Assert.Equal(2, replies.Count(one => one.Text_("status") == "approved"));
        var refused = replies.First(one => one.Text_("status") == "denied");
        Assert.Contains("per-person", refused.Text, StringComparison.Ordinal);

        // The helper is the same person, in an organization of its own too.
        var own = (await helper.NewOrganization("Helper's")).Expect(HttpStatusCode.Created).Id;
        Assert.Equal("denied", (await helper.Ask(scene.Programme, 6, new { organizationId = own })).Text_("status"));
        Assert.Equal("approved", (await helper.Ask(scene.Programme, 5, new { organizationId = own })).Text_("status"));
        Assert.Equal("denied", (await mina.Ask(scene.Programme, 0.01m, new { organizationId = first })).Text_("status"));

        var (_, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        Assert.Equal("approved", (await ravi.Ask(scene.Programme, 10)).Text_("status"));
    }

    [Fact]
    public async Task A_rule_of_the_platform_counts_a_person_over_all_programmes()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await world.Policy(null, PerPerson("12"));
        var scene = await world.Scene();
        var other = await world.Programme(1_000, terms: new { name = "Other" });
        var (provider, @operator) = await world.Provider("Second Cloud");
        await @operator.Offer(other, provider);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        Assert.Equal("approved", (await mina.Ask(scene.Programme, 8)).Text_("status"));
        var denied = await mina.Ask(other, 5);
        Assert.Equal("denied", denied.Text_("status"));
        Assert.Equal(4, denied["decision"]["maxGrantableNow"]!.GetValue<decimal>());
        Assert.Equal("approved", (await mina.Ask(other, 4)).Text_("status"));
    }

    [Fact]
    public async Task Owners_count_for_what_their_members_ask_and_who_counted_is_pinned()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: [PerPerson("10")]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (_, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        (await world.JoinAsync(mina, "ravi@example.org", "organization-owner", organization)).Expect(HttpStatusCode.Created);
        ravi.ForgetToken();
        var asked = await ravi.Ask(scene.Programme, 6, new { organizationId = organization });
        Assert.Equal("approved", asked.Text_("status"));
        Assert.Equal("denied", (await mina.Ask(scene.Programme, 5)).Text_("status"));

        // Whoever leaves keeps what was counted, and later grants count for the others alone.
        (await mina.Delete($"/v1/organizations/{organization}/members/{ravi.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        ravi.ForgetToken();
        Assert.Equal("approved", (await mina.Ask(scene.Programme, 4)).Text_("status"));
        Assert.Equal("denied", (await mina.Ask(scene.Programme, 1)).Text_("status"));
        Assert.Equal("approved", (await ravi.Ask(scene.Programme, 4)).Text_("status"));
        var replay = (await world.Admin.Get($"/v1/decisions/{asked["decision"]["id"]}/replay")).Expect(HttpStatusCode.OK);
        Assert.True(replay["same"].GetValue<bool>());
    }

    [Fact]
    public async Task A_rule_counts_owners_or_whoever_asks_as_it_says()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: [Counting("owners"), Counting("asker")]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (alone, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        (await world.JoinAsync(mina, "ravi@example.org", "organization-member", organization)).Expect(HttpStatusCode.Created);
        ravi.ForgetToken();
        (Person By, Guid For, string Counts, string Verdict)[] asks =
        [
            (ravi, organization, "owners", "approved"),
            (ravi, alone, "owners", "approved"),
            (ravi, organization, "owners", "denied"),
            (ravi, organization, "asker", "approved"),
            (mina, organization, "asker", "approved"),
            (ravi, alone, "asker", "denied"),
        ];
        foreach (var (by, organizationId, counts, verdict) in asks)
        {
            var asked = await by.Ask(scene.Programme, 6, new { organizationId, tags = new[] { counts } });
            Assert.Equal((counts, verdict), (counts, asked.Expect(HttpStatusCode.Created).Text_("status")));
        }

        static object Counting(string counts) =>
            new
            {
                id = counts,
                measure = "gpu-hours-granted",
                subject = new { level = "person", counts },
                filter = new { tags = new[] { counts } },
                window = new { kind = "lifetime" },
                limit = new { gpuHours = "10" },
                outcome = "deny",
            };
    }

    [Fact]
    public async Task All_people_proved_by_email_alone_share_a_cap_of_the_day()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: [DailyCap("10")]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (_, ravi) = await world.SignUpAsync("ravi@example.net", "Ravi's lab");
        Assert.Equal("approved", (await mina.Ask(scene.Programme, 6)).Text_("status"));
        Assert.Equal("denied", (await ravi.Ask(scene.Programme, 6)).Text_("status"));
        Assert.Equal("approved", (await ravi.Ask(scene.Programme, 4)).Text_("status"));
        Assert.Equal("denied", (await mina.Ask(scene.Programme, 1)).Text_("status"));

        // Whoever proved more is not capped, and uses nothing up.
        (
            await world.Admin.Post($"/v1/organizations/{organization}/verifications", new { level = "identity", evidence = "A register" })
        ).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", (await mina.Ask(scene.Programme, 30)).Text_("status"));
        await world.PassAsync(TimeSpan.FromDays(1), mina, ravi);
        Assert.Equal("approved", (await ravi.Ask(scene.Programme, 10)).Text_("status"));
    }

    [Fact]
    public async Task Whoever_is_erased_and_returns_has_used_what_they_used_and_every_sum_stays()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: [Once()]);
        var (_, mina) = await world.SignUpAsync("mina@example.org", "Mina", "individual");
        var grant = (await mina.Ask(scene.Programme, 5)).Expect(HttpStatusCode.Created).Text_("grantId");
        (await mina.Post($"/v1/grants/{grant}/close", new { })).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromDays(30), mina);
        var sums = await SumsAsync();
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        Assert.Equal(sums, await SumsAsync());
        var back = world.PersonOf((await world.ConfirmSignUpAsync("MINA+back@example.org", "Again")).Expect(HttpStatusCode.Created));
        var refused = (await back.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", refused.Text_("status"));
        Assert.Contains("once", refused.Text, StringComparison.Ordinal);

        Task<string> SumsAsync() =>
            world.ScalarAsync<string>(
                "select string_agg(concat_ws(' ', id, debits_posted, credits_posted, debits_pending, credits_pending), ',' order by id) from accounts"
            );

        static object Once() =>
            new
            {
                id = "once",
                measure = "requests-made",
                subject = new { level = "person" },
                window = new { kind = "lifetime" },
                limit = new { count = 1 },
                outcome = "deny",
            };
    }

    private static object DailyCap(string hours) =>
        new
        {
            id = "email-alone",
            measure = "gpu-hours-granted",
            subject = new { level = "programme" },
            filter = new { verified = false },
            window = new { kind = "calendar", unit = "day" },
            limit = new { gpuHours = hours },
            outcome = "deny",
        };

    [Fact]
    public async Task In_a_school_each_student_has_the_limit_and_the_teacher_is_not_used_up()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: [PerPerson("10")]);
        var (school, teacher) = await world.SignUpAsync("teacher@example.org", "High school", "school");
        foreach (var name in (string[])["mina", "ravi"])
        {
            var (_, student) = await world.SignUpAsync($"{name}@example.org", $"{name} alone", "student");
            (await world.JoinAsync(teacher, $"{name}@example.org", "organization-member", school)).Expect(HttpStatusCode.Created);
            Assert.Equal("approved", (await student.Ask(scene.Programme, 8, new { organizationId = school })).Text_("status"));
            Assert.Equal("denied", (await student.Ask(scene.Programme, 8, new { organizationId = school })).Text_("status"));
        }

        Assert.Equal("approved", (await teacher.Ask(scene.Programme, 10)).Text_("status"));
    }

    [Fact]
    public async Task A_later_rule_on_people_counts_what_happened_before()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        Assert.Equal("approved", (await mina.Ask(scene.Programme, 8)).Text_("status"));
        await world.Policy(scene.Programme, PerPerson("10"));
        Assert.Equal("denied", (await mina.Ask(scene.Programme, 3)).Text_("status"));
        await world.Policy(null, PerPerson("9", "platform-person"));
        Assert.Equal("denied", (await mina.Ask(scene.Programme, 2)).Text_("status"));
        Assert.Equal("approved", (await mina.Ask(scene.Programme, 1)).Text_("status"));
        var headroom = (await mina.Get($"/v1/organizations/{await OrganizationAsync(mina)}/headroom?programmeId={scene.Programme}")).Expect(
            HttpStatusCode.OK
        );
        var quotas = headroom["data"][0]!["quotas"]!.AsArray();
        Assert.Equal(2, quotas.Count);
        Assert.All(quotas, one => Assert.Equal(9, one!["used"]!.GetValue<decimal>()));
    }

    [Fact]
    public async Task Publishing_limits_that_multiply_and_opening_without_a_policy_is_warned_of()
    {
        await using var world = await TestWorld.StartAsync();
        var opened = (await world.Admin.Post("/v1/programmes", new { name = "Bare", timeZone = "UTC" })).Expect(HttpStatusCode.Created);
        Assert.Equal("no-policy", opened["warnings"][0]!["code"]!.GetValue<string>());
        Assert.Equal("limit-multiplies", Assert.Single(await WarningsAsync(Scenes.Lifetime("10"))));
        Assert.Empty(await WarningsAsync(Scenes.Lifetime("10"), PerPerson("10")));
        Assert.Empty(await WarningsAsync(Scenes.Lifetime("11")));
        var below = (
            await world.Admin.Post(
                "/v1/programmes",
                new
                {
                    name = "Below",
                    timeZone = "UTC",
                    parentId = opened.Id,
                }
            )
        ).Expect(HttpStatusCode.Created);
        Assert.False(below.Body!.AsObject().ContainsKey("warnings"));

        async Task<List<string>> WarningsAsync(params object[] rules)
        {
            var published = await world.PublishedPolicy(opened.Id, new { rules });
            return [.. (published.Body!["warnings"]?.AsArray() ?? []).Select(one => one!["code"]!.GetValue<string>())];
        }
    }

    /// <summary>
    /// People who own, leave, ask, get reviewed, close and let time pass in a random order, on two replicas at once. The model only adds up
    /// what was granted to whom.
    /// </summary>
    [Fact]
    public async Task No_sequence_makes_a_persons_total_exceed_a_limit_on_people()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--People:OrganizationsPerPerson=40"]);
        await using var second = await world.StartSecondAsync([.. Mailbox.Settings, "--People:OrganizationsPerPerson=40"]);
        var scene = await world.Scene(credits: 10_000, capacity: 10_000, rules: [PerPerson("20"), Scenes.PerRequest("9")]);
        await world.Policy(null, PerPerson("30", "platform-person"));
        var crowd = await PersonCrowd.GatherAsync(world, second, scene);
        var steps = new List<(int, int, int, int)>();
        PersonCrowd.Steps.Array[60].Sample(steps.AddRange, iter: 1, threads: 1);
        foreach (var step in steps)
            await crowd.TakeAsync(step);
        Assert.NotEmpty(crowd.Granted);
        Assert.All(crowd.Granted, one => Assert.True(one.Value <= 20, $"{one.Key} got {one.Value} GPU-hours"));
        Assert.Contains(crowd.Granted, one => one.Value > 11);
    }

    internal static object PerPerson(string hours, string id = "per-person") =>
        new
        {
            id,
            measure = "gpu-hours-granted",
            subject = new { level = "person" },
            window = new { kind = "lifetime" },
            limit = new { gpuHours = hours },
            outcome = "deny",
        };

    private static async Task<string> OrganizationAsync(Person person) =>
        (await person.Get("/v1/organizations")).Expect(HttpStatusCode.OK)["data"][0]!["id"]!.GetValue<string>();
}
