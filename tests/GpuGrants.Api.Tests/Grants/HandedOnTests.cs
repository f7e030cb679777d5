using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Lives;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Grants;

/// <summary>A grant that is handed on within its organization: each project and member answers for its own.</summary>
public sealed class HandedOnTests
{
    [Fact]
    public async Task A_grant_goes_to_no_minor_who_could_not_ask_for_it()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { minorsNeed = "confirmation" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        var grant = (await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId");
        var path = $"/v1/grants/{grant}/transfer";
        var member = world.PersonOf(
            (await world.JoinAsync(scene.Startup, "member@example.org", "organization-member", scene.Organization)).Expect(
                HttpStatusCode.Created
            )
        );
        var before = await world.FingerprintAsync();
        foreach (var query in (string[])["", "?dryRun=true"])
            (await scene.Startup.Post(path + query, new { memberId = member.PrincipalId })).ExpectProblem(
                HttpStatusCode.Conflict,
                "holder-not-eligible",
                "memberId"
            );
        Assert.Equal(before, await world.FingerprintAsync());
        (await member.Patch("/v1/me", new { birthYear = world.Now.Year - 15 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var refused = (await scene.Startup.Post(path, new { memberId = member.PrincipalId }, ("Accept-Language", "ko"))).ExpectProblem(
            HttpStatusCode.Conflict,
            "holder-not-eligible",
            "memberId"
        );
        Assert.Contains("다른 구성원", refused.Text_("detail"), StringComparison.Ordinal);

        // Whoever is of age gets it.
        var adult = world.PersonOf(
            (await world.JoinAsync(scene.Startup, "adult@example.org", "organization-member", scene.Organization)).Expect(
                HttpStatusCode.Created
            )
        );
        (await adult.Patch("/v1/me", new { ofAge = true }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await scene.Startup.Post(path, new { memberId = adult.PrincipalId })).Expect(HttpStatusCode.OK);
        await world.Verified();
    }

    [Theory]
    [InlineData("top-up")]
    [InlineData("extend")]
    public async Task What_the_old_project_asked_for_is_not_approved_for_the_new_one(string change)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(
            rules:
            [
                Scenes.Refunded("granted", "gpu-hours-granted", "60", "deny", "project"),
                Scenes.Refunded("used", "gpu-hours-used", "1000", "deny", "project"),
                Scenes.Refunded("used-first", "gpu-hours-used", "5", "review", "project"),
                Scenes.ActiveGrants(1, id: "active", level: "project"),
            ]
        );
        var (speech, vision) = (await scene.Project("Speech"), await scene.Project("Vision"));
        var asked = await scene.Startup.Ask(scene.Programme, 10, new { projectId = speech });
        var grant = (await world.Admin.Post($"/v1/requests/{asked.Id}/approve", new { }, Person.AnyVersion))
            .Expect(HttpStatusCode.OK)
            .Text_("grantId");
        object more = change == "top-up" ? new { gpuHours = 50 } : new { expiresAt = world.Now.AddDays(45) };
        var waits = (await scene.Startup.Post($"/v1/grants/{grant}/{change}", more)).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", waits.Text_("status"));
        (await world.Admin.Post($"/v1/grants/{grant}/transfer", new { projectId = vision })).Expect(HttpStatusCode.OK);
        var before = await world.FingerprintAsync();
        (await world.Admin.Post($"/v1/requests/{waits.Id}/approve", new { }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "grant-handed-on",
            "status"
        );
        Assert.Equal(before, await world.FingerprintAsync());

        // It is denied, and the new project asks for itself. In the end nobody has anything left that counts.
        (await world.Admin.Post($"/v1/requests/{waits.Id}/deny", new { reason = "Ask again" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        var again = (await scene.Startup.Post($"/v1/grants/{grant}/{change}", more)).Expect(HttpStatusCode.Created);
        (await world.Admin.Post($"/v1/requests/{again.Id}/approve", new { }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await world.Verified();
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        foreach (var project in (Guid[])[speech, vision])
            Assert.Equal("in-review", (await scene.Startup.Ask(scene.Programme, 60, new { projectId = project })).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task What_was_used_before_counts_for_whoever_had_it_however_late_it_is_reported_or_voided()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(
            rules: [Scenes.UsedHours("30", Scenes.Life, level: "project"), Scenes.UsedHours("100", Scenes.Life, "all")]
        );
        var (speech, vision) = (await scene.Project("Speech"), await scene.Project("Vision"));
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 20, new { projectId = speech })).Text_("grantId"));
        await world.PassAsync(scene, hours: 10);
        (await scene.Startup.Post($"/v1/grants/{grant}/transfer", new { projectId = vision })).Expect(HttpStatusCode.OK);
        Assert.Equal((30m, 10m), (await Most(scene, scene.Startup, speech), await Most(scene, scene.Startup, vision)));
        await world.PassAsync(scene, hours: 2);

        // Eleven hours, ten of them from before, are reported in one record.
        var (ids, charged, _) = await scene.ReportAsync(world, grant, (-12, -1));
        Assert.Equal(11 * 3_600, charged);
        Assert.Equal((20m, 20m), (await Most(scene, scene.Startup, speech), await Most(scene, scene.Startup, vision)));
        await world.Verified();

        // What was not used after all is left to whoever has the grant now, and counts there.
        var path = $"/v1/grants/{grant}/usage-records/{ids[0]}";
        (await scene.ReplaceAsync(world, grant, ids[0], (-4, -1))).Expect(HttpStatusCode.OK);
        Assert.Equal((28m, 12m), (await Most(scene, scene.Startup, speech), await Most(scene, scene.Startup, vision)));
        var dispute = (await scene.Startup.Post($"{path}/dispute", new { reason = "We did not run then" })).Expect(HttpStatusCode.Created);
        (await world.Admin.Post($"/v1/usage-disputes/{dispute.Id}/uphold", new { reason = "The logs show it" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal((30m, 10m), (await Most(scene, scene.Startup, speech), await Most(scene, scene.Startup, vision)));
        await world.Verified();
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        await world.PassAsync(scene, hours: 25);
        Assert.Equal((30m, 30m), (await Most(scene, scene.Startup, speech), await Most(scene, scene.Startup, vision)));
        await world.Verified();
    }

    [Fact]
    public async Task What_a_correction_takes_back_from_others_returns_where_the_new_project_has_no_room_for_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("30", Scenes.Life, level: "project"));
        var (speech, vision) = (await scene.Project("Speech"), await scene.Project("Vision"));
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 20, new { projectId = speech })).Text_("grantId"));
        await world.PassAsync(scene, hours: 10);
        var record = (await scene.ReportAsync(world, grant, (-10, 0))).Ids[0];
        (await scene.Startup.Post($"/v1/grants/{grant}/transfer", new { projectId = vision })).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 16, new { projectId = vision })).Text_("status"));
        Assert.Equal(4, await Most(scene, scene.Startup, vision));
        var path = $"/v1/grants/{grant}/usage-records/{record}";
        var voided = (await scene.Operator.Post($"{path}/void", new { reason = "Not theirs" })).Expect(HttpStatusCode.OK);
        Assert.Equal(6 * 3_600, voided["returned"]["gpuSeconds"]!.GetValue<int>());
        Assert.Equal((30m, 0m), (await Most(scene, scene.Startup, speech), await Most(scene, scene.Startup, vision)));
        Assert.Equal(14, (await scene.Startup.Get($"/v1/grants/{grant}")).Number("remainingGpuHours"));
        await world.Verified();
    }

    [Fact]
    public async Task Reserved_time_counts_for_whoever_had_it_too()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 5, Scenes.UsedHours("100", Scenes.Life, level: "project"));
        var (speech, vision) = (await scene.Project("Speech"), await scene.Project("Vision"));
        var body = new
        {
            programmeId = scene.Programme,
            projectId = speech,
            mode = "reserved",
            durationDays = 2,
            purpose = "Train a model",
        };
        var grant = (await scene.Startup.Post("/v1/requests", body)).Expect(HttpStatusCode.Created).Text_("grantId");
        await world.PassAsync(scene, hours: 10);
        (await scene.Startup.Post($"/v1/grants/{grant}/transfer", new { projectId = vision })).Expect(HttpStatusCode.OK);
        await world.PassAsync(scene, hours: 20);
        (await scene.Startup.Post($"/v1/grants/{grant}/close", new { })).Expect(HttpStatusCode.OK);
        Assert.Equal((10m, 20m), (await Used(scene, speech), await Used(scene, vision)));
        await world.Verified();
    }

    [Theory]
    [MemberData(nameof(NewLives.And), 1, MemberType = typeof(NewLives), DisableDiscoveryEnumeration = true)]
    public async Task Late_reports_count_as_if_they_had_come_in_time(int seed)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(
            rules:
            [
                Scenes.UsedHours("1000", Scenes.Life, level: "project"),
                Scenes.Refunded("granted", "gpu-hours-granted", "500", "deny", "project"),
            ]
        );
        var (_, other) = await world.Organization(name: "Namsan Labs");
        Life[] lives = [await Life.BeginAsync(scene, scene.Startup, inTime: true), await Life.BeginAsync(scene, other, inTime: false)];
        var random = new Random(seed);
        for (var hour = 0; hour < 24; hour++)
        {
            await world.PassAsync(TimeSpan.FromHours(1), scene.Startup, other, scene.Operator);
            var (ran, hands, project, adds) = (random.Next(4) > 0, random.Next(4) == 0, random.Next(3), hour == 9);
            foreach (var life in lives)
                await life.HourAsync(world, ran, adds, hands ? project : null);
        }

        foreach (var life in lives)
            await life.ReportRestAsync(world);
        await Compare();
        foreach (var life in lives)
            await life.VoidAllAsync();
        await Compare();
        foreach (var life in lives)
            (await life.By.Post($"/v1/grants/{life.Grant}/close")).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromHours(25), scene.Startup, other, scene.Operator);
        await Compare();

        async Task Compare()
        {
            for (var project = 0; project < 3; project++)
                Assert.Equal(await lives[0].StandingAsync(project), await lives[1].StandingAsync(project));
            await world.Verified();
        }
    }

    /// <summary>A grant that goes between three projects, whose provider reports every hour or all at the end.</summary>
    private sealed class Life(Scene scene, Person by, bool inTime, Guid[] projects, Guid grant)
    {
        private readonly List<DateTimeOffset> _ran = [];
        private readonly List<Guid> _records = [];

        public Person By => by;

        public Guid Grant => grant;

        public static async Task<Life> BeginAsync(Scene scene, Person by, bool inTime)
        {
            var me = (await by.Get("/v1/organizations")).Expect(HttpStatusCode.OK)["data"][0]!["id"]!.GetValue<string>();
            var projects = new Guid[3];
            for (var i = 0; i < projects.Length; i++)
                projects[i] = (await by.Post($"/v1/organizations/{me}/projects", new { name = $"Project {i}" })).Id;
            var asked = await by.Ask(scene.Programme, 12, new { projectId = projects[0] });
            return new Life(scene, by, inTime, projects, Guid.Parse(asked.Text_("grantId")));
        }

        public async Task HourAsync(TestWorld world, bool ran, bool adds, int? project)
        {
            if (ran)
                _ran.Add(world.Now);
            if (ran && inTime)
                _records.AddRange((await scene.ReportAsync(world, grant, (-1, 0))).Ids);
            if (adds)
                (await by.Post($"/v1/grants/{grant}/top-up", new { gpuHours = 12 })).Expect(HttpStatusCode.Created);
            // To whom it has already, it is not handed.
            if (project is { } next)
                await by.Post($"/v1/grants/{grant}/transfer", new { projectId = projects[next] });
        }

        /// <summary>Each stretch of hours in one record, the latest first.</summary>
        public async Task ReportRestAsync(TestWorld world)
        {
            if (inTime)
                return;
            foreach (var stretch in _ran.Select((end, index) => (End: end, Key: end.AddHours(-index))).GroupBy(one => one.Key).Reverse())
            {
                var (from, to) = (stretch.First().End.AddHours(-1), stretch.Last().End);
                _records.AddRange(
                    (await scene.ReportAsync(world, grant, ((from - world.Now).TotalHours, (to - world.Now).TotalHours))).Ids
                );
            }
        }

        public async Task VoidAllAsync()
        {
            foreach (var record in _records.ToList())
                await VoidOneAsync(record);
        }

        /// <summary>GPU-hours that limits leave to a project: of use, and of awards.</summary>
        public async Task<string> StandingAsync(int project)
        {
            var tried = (await Try(scene, by, projects[project])).Expect(HttpStatusCode.OK);
            return string.Join(
                ' ',
                tried["decision"]["evaluations"]!.AsArray().Select(one => $"{one!["rule"]} {one["remaining"]}").Order()
            );
        }

        private async Task VoidOneAsync(Guid record)
        {
            (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{record}/void", new { reason = "Not theirs" })).Expect(
                HttpStatusCode.OK
            );
            _records.Remove(record);
        }
    }

    /// <summary>The most that a project may still get.</summary>
    private static async Task<decimal> Most(Scene scene, Person by, Guid project) =>
        (await Try(scene, by, project))["decision"]["maxGrantableNow"]!.GetValue<decimal>();

    private static async Task<decimal> Used(Scene scene, Guid project) =>
        (await Try(scene, scene.Startup, project))["decision"]["evaluations"]!
            .AsArray()
            .Single(one => one!["rule"]!.GetValue<string>() == "used")!["used"]!.GetValue<decimal>();

    private static Task<Reply> Try(Scene scene, Person by, Guid project) =>
        by.Post(
            "/v1/requests?dryRun=true",
            new
            {
                programmeId = scene.Programme,
                projectId = project,
                gpuHours = 900,
                purpose = "Try",
            }
        );
}
