using System.Net;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Independence;

/// <summary>Every endpoint by which people decide, times every kind of past belonging.</summary>
public sealed class IndependenceTests
{
    private static readonly string[] OfOrganization = ["organization-owner", "organization-member"];
    private static readonly string[] OfProvider = ["provider-operator"];
    private static readonly string[] OfProgramme = ["programme-administrator", "programme-reviewer"];
    private static readonly string[] OfPartner = ["partner"];

    [Fact]
    public async Task Nobody_decides_on_what_benefits_those_whose_people_they_were_and_others_do()
    {
        await using var world = await TestWorld.StartAsync("--Ledger:SecondApprovalCredits=1000");
        var stage = await Stage.SetAsync(world);
        var people = new Dictionary<string, Person>();
        foreach (var role in (string[])[.. OfOrganization, .. OfProvider, .. OfProgramme, .. OfPartner])
            people[role] = await stage.FormerAsync(role);
        var bystander = await stage.BystanderAsync();
        await stage.AddProposalsAsync();
        var wrong = new List<string>();
        foreach (var verdict in stage.Verdicts)
        {
            foreach (var role in verdict.Stops)
            {
                var reply = await verdict.Call(people[role]);
                if (reply.Status != HttpStatusCode.Conflict || reply.Code != CodeOf(role))
                    wrong.Add($"{verdict.Name} by a former {role}: {(int)reply.Status} {reply.Text}");
            }

            var free = await verdict.Call(bystander);
            if (!free.Message.IsSuccessStatusCode)
                wrong.Add($"{verdict.Name} by a bystander: {(int)free.Status} {free.Text}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Who_belongs_to_those_who_gain_proposes_a_transfer_and_somebody_else_decides()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var child = await world.Programme(parentId: scene.Programme);
        var (dependent, other) = (await world.Member("/v1/administrators", null), await world.Member("/v1/administrators", null));
        await Give(world, $"/v1/programmes/{child}/members", dependent, "programme-administrator");
        var body = new
        {
            kind = "transfer",
            programmeId = child,
            fromProgrammeId = scene.Programme,
            credits = 10,
            reason = "More for us",
        };
        Assert.Equal("posted", (await other.Post("/v1/transfer-proposals", body)).Expect(HttpStatusCode.Created).Text_("status"));
        var waits = (await dependent.Post("/v1/transfer-proposals", body)).Expect(HttpStatusCode.Created);
        Assert.Equal(("awaiting-approval", 10), (waits.Text_("status"), await world.Balance(child, "budget")));
        var alsoDependent = await world.Member("/v1/administrators", null);
        await Give(world, $"/v1/programmes/{child}/members", alsoDependent, "programme-reviewer");
        (await alsoDependent.Post($"/v1/transfer-proposals/{waits.Id}/approve", null, ("If-Match", waits.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "own-programme"
        );
        (await other.Post($"/v1/transfer-proposals/{waits.Id}/approve", null, ("If-Match", waits.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal(20, await world.Balance(child, "budget"));
    }

    [Fact]
    public async Task A_platforms_only_administrator_decides_on_what_concerns_them_by_a_waiver_that_everybody_reads()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var own = (
            await world.Admin.Post(
                "/v1/organizations",
                new
                {
                    kind = "startup",
                    name = "Mine",
                    country = "KR",
                }
            )
        ).Expect(HttpStatusCode.Created);
        var first = await world.Admin.Ask(scene.Programme, 20, new { organizationId = own.Id });
        (await Approve(first)).ExpectProblem(HttpStatusCode.Conflict, "own-request");
        var waiver = (await world.Admin.Post("/v1/independence-waivers", Waiver(7))).Expect(HttpStatusCode.Created);
        (await world.Admin.Post("/v1/independence-waivers", Waiver(91))).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "expiresAt");
        Assert.Equal("approved", (await Approve(first)).Expect(HttpStatusCode.OK).Text_("status"));
        Assert.Contains(waiver.Id.ToString(), (await scene.Startup.Get("/v1/independence-waivers")).Text, StringComparison.Ordinal);
        Assert.Equal(
            1L,
            await world.ScalarAsync<long>(
                "select count(*) from events where type = 'independence-waiver.used' and data ->> 'subjectId' = $1",
                first.Id.ToString()
            )
        );
        var second = await world.Admin.Ask(scene.Programme, 20, new { organizationId = own.Id });
        await world.Member("/v1/administrators", null);
        (await Approve(second)).ExpectProblem(HttpStatusCode.Conflict, "own-request");
        (await world.Admin.Post("/v1/independence-waivers", Waiver(7))).ExpectProblem(HttpStatusCode.Conflict, "several-administrators");
        (await world.Admin.Post($"/v1/independence-waivers/{waiver.Id}/end")).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/independence-waivers/{waiver.Id}/end")).ExpectProblem(HttpStatusCode.Conflict, "waiver-ended");

        Task<Reply> Approve(Reply asked) =>
            world.Admin.Post(
                $"/v1/requests/{asked.Id}/approve",
                new { },
                ("If-Match", asked.ETag),
                ("Idempotency-Key", Guid.NewGuid().ToString())
            );
        object Waiver(int days) => new { reason = "We are one person so far", expiresAt = world.Now.AddDays(days) };
    }

    [Fact]
    public async Task No_administrator_corrects_or_settles_the_use_of_their_own_organization()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (involved, other) = (await world.Member("/v1/administrators", null), await world.Member("/v1/administrators", null));
        await Give(world, $"/v1/organizations/{scene.Organization}/members", involved, "organization-member");
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("grantId"));
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        var (record, _, _) = await scene.ReportAsync(world, grant, (-0.4, -0.3));
        var path = $"/v1/grants/{grant}/usage-records/{record[0]}/void";
        (await involved.Post(path, new { reason = "Free for us" })).ExpectProblem(HttpStatusCode.Conflict, "own-organization");
        (await other.Post(path, new { reason = "Reported twice" })).Expect(HttpStatusCode.OK);
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        (await involved.Post($"/v1/grants/{grant}/settle")).ExpectProblem(HttpStatusCode.Conflict, "own-organization");
        Assert.Equal("ended", (await other.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK).Text_("status"));
    }

    [Fact]
    public async Task Nobody_lifts_a_suspension_or_a_freeze_for_their_own_people()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Ask(scene.Programme, 1);
        var owner = (await scene.Startup.Get("/v1/me")).Text_("principalId");
        var (involved, other) = (await world.Member("/v1/administrators", null), await world.Member("/v1/administrators", null));
        await Give(world, $"/v1/organizations/{scene.Organization}/members", involved, "organization-member");
        await Give(world, $"/v1/providers/{scene.Provider}/operators", involved, "provider-operator");
        var local = await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
        (string Path, object Body, Person By, string Code)[] stops =
        [
            ("/v1/freezes", Freeze("provider", scene.Provider), involved, "own-provider"),
            ("/v1/freezes", Freeze("programme", scene.Programme), involved, "own-organization"),
            // What the platform froze, a programme's own people do not lift.
            ("/v1/freezes", Freeze("programme", scene.Programme), local, "own-programme"),
            ("/v1/freezes", Freeze("platform", null), involved, "own-organization"),
            ($"/v1/organizations/{scene.Organization}/suspend", new { reason = "Sold on" }, involved, "own-organization"),
            ($"/v1/principals/{owner}/suspend", new { reason = "Sold on" }, involved, "own-organization"),
        ];
        foreach (var (path, body, by, code) in stops)
        {
            var stopped = await world.Admin.Post(path, body);
            var lift =
                path == "/v1/freezes" ? $"{path}/{stopped.Id}/lift" : path.Replace("suspend", "lift-suspension", StringComparison.Ordinal);
            (await by.Post(lift)).ExpectProblem(HttpStatusCode.Conflict, code);
            (await other.Post(lift)).Expect(HttpStatusCode.OK);
        }

        static object Freeze(string scope, Guid? resource) =>
            new
            {
                scope,
                resourceId = resource,
                reason = "We look at it",
            };
    }

    [Fact]
    public async Task A_role_is_never_taken_without_a_trace_not_even_by_the_tables_owner()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Organization();
        foreach (var sql in (string[])["delete from role_assignments", "update past_roles set until = now()", "delete from past_roles"])
        {
            var member = await world.Member("/v1/administrators", null);
            (await world.Admin.Delete($"/v1/administrators/{member.PrincipalId}")).Expect(HttpStatusCode.NoContent);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => world.ScalarAsync<long>(sql));
            Assert.Equal(PostgresErrorCodes.RestrictViolation, refused.SqlState);
        }
    }

    private static string CodeOf(string role) =>
        role.StartsWith("organization", StringComparison.Ordinal) ? "own-organization"
        : role.StartsWith("provider", StringComparison.Ordinal) ? "own-provider"
        : role == "partner" ? "own-partner"
        : "own-programme";

    private static async Task Give(TestWorld world, string path, Person person, string role) =>
        (await world.Admin.Post(path, new { principalId = person.PrincipalId, role })).Expect(HttpStatusCode.Created);

    /// <summary>A verdict, the past roles that keep somebody from it, and the call by which one gives it.</summary>
    private sealed record Verdict(string Name, string[] Stops, Func<Person, Task<Reply>> Call);

    /// <summary>One of everything that people decide.</summary>
    private sealed class Stage
    {
        private static readonly (string, string) Any = ("If-Match", "*");

        private Stage(TestWorld world, Scene scene) => (World, Scene) = (world, scene);

        private TestWorld World { get; }

        private Scene Scene { get; }

        private Guid Child { get; set; }

        private Guid Partner { get; set; }

        public List<Verdict> Verdicts { get; } = [];

        public static async Task<Stage> SetAsync(TestWorld world)
        {
            var stage = new Stage(world, await world.Scene());
            for (var i = 0; i < 4; i++)
                await world.Fund(stage.Scene.Programme, 1_000);
            stage.Child = await world.Programme(parentId: stage.Scene.Programme);
            stage.Partner = (await world.Admin.Post("/v1/partners", new { name = "Portal" })).Expect(HttpStatusCode.Created).Id;
            var policy = await world.Policy(
                stage.Scene.Programme,
                Scenes.PerRequest("10"),
                Limit("of-kind", "organization-kind"),
                Limit("of-programme", "programme"),
                Limit("of-project", "project"),
                Limit("of-partner", "partner")
            );
            await stage.AddRequestsAsync(policy);
            await stage.AddGrantsAsync();
            await stage.AddOffersAsync();
            await stage.AddTransfersAsync();
            await stage.AddOverridesAsync(policy);
            await stage.AddPoliciesAsync();
            stage.Add(
                "verify an organization",
                OfOrganization,
                person =>
                    person.Post(
                        $"/v1/organizations/{stage.Scene.Organization}/verifications",
                        new { level = "identity", evidence = "The register of companies" }
                    )
            );
            foreach (var change in (object[])[new { name = "Han River Cloud" }, new { status = "suspended" }])
                stage.Add(
                    "rename a provider or stop it",
                    OfProvider,
                    person => person.Patch($"/v1/providers/{stage.Scene.Provider}", change, Any)
                );
            var trust = $"/v1/programmes/{stage.Scene.Programme}/partners/{stage.Partner}";
            stage.Add("trust a partner", OfPartner, person => person.Put(trust, new { peopleAtMost = 3, peoplePerDay = 2 }));
            stage.Add(
                "withdraw a verification",
                OfOrganization,
                person => person.Post($"/v1/organizations/{stage.Scene.Organization}/withdraw-verification")
            );
            return stage;
        }

        /// <summary>What several people have to agree to. From then on new reviewers are let in by several people too.</summary>
        public async Task AddProposalsAsync()
        {
            foreach (var verdict in (string[])["approve", "reject"])
            {
                var policy = await World.Policy(Scene.Programme, Scenes.SeveralApprove("500", 2));
                var raised = new
                {
                    policyId = policy,
                    ruleId = "several",
                    subject = Scene.Organization,
                    effect = "add",
                    amount = 1,
                    reason = "A deadline",
                };
                await AddProposalAsync(verdict, "an override", OfOrganization, await World.Admin.Post("/v1/quota-overrides", raised));
                await AddProposalAsync(
                    verdict,
                    "the end of a policy",
                    OfOrganization,
                    await World.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, Any)
                );
            }
        }

        private Task AddProposalAsync(string verdict, string of, string[] stops, Reply proposed)
        {
            var id = proposed.Expect(HttpStatusCode.Accepted).Id;
            object body = verdict == "approve" ? new { } : new { reason = "No" };
            Add($"{verdict} {of}", stops, person => person.Post($"/v1/change-proposals/{id}/{verdict}", body, Any));
            return Task.CompletedTask;
        }

        /// <summary>A platform administrator who had the role yesterday, and the partner's people still have it.</summary>
        public async Task<Person> FormerAsync(string role)
        {
            var person = await World.Member("/v1/administrators", null);
            var path = role switch
            {
                "organization-owner" or "organization-member" => $"/v1/organizations/{Scene.Organization}/members",
                "provider-operator" => $"/v1/providers/{Scene.Provider}/operators",
                "partner" => $"/v1/partners/{Partner}/members",
                _ => $"/v1/programmes/{Child}/members",
            };
            var isOwner = role == "organization-owner";
            await Give(World, path, person, isOwner ? "organization-member" : role);
            if (isOwner)
                await OwnForADayAsync(person);
            if (role != "partner")
                (await World.Admin.Delete($"{path}/{person.PrincipalId}")).Expect(HttpStatusCode.NoContent);
            return person;
        }

        /// <summary>The organization goes to a member, who hands it back.</summary>
        private async Task OwnForADayAsync(Person member)
        {
            var owner = Guid.Parse((await Scene.Startup.Get("/v1/me")).Text_("principalId"));
            await HandOverAsync(Scene.Startup, member, member.PrincipalId);
            await HandOverAsync(member, Scene.Startup, owner);

            async Task HandOverAsync(Person from, Person to, Guid principalId)
            {
                var offered = await from.Post($"/v1/organizations/{Scene.Organization}/handovers", new { principalId });
                (await to.Post($"/v1/handovers/{offered.Expect(HttpStatusCode.Created).Id}/accept")).Expect(HttpStatusCode.OK);
            }
        }

        public async Task<Person> BystanderAsync()
        {
            var person = await World.Member("/v1/administrators", null);
            var (elsewhere, _) = await World.Organization("school", name: "Elsewhere");
            await Give(World, $"/v1/organizations/{elsewhere}/members", person, "organization-member");
            return person;
        }

        private async Task AddRequestsAsync(Guid policy)
        {
            var increase = new
            {
                policyId = policy,
                ruleId = "per-request",
                limit = 30,
                reason = "A larger model",
            };
            foreach (var verdict in (string[])["approve", "deny"])
            {
                object body = verdict == "approve" ? new { } : new { reason = "No" };
                var asked = (await Scene.Startup.Ask(Scene.Programme, 40)).Expect(HttpStatusCode.Created);
                Add(
                    $"{verdict} a request",
                    [.. OfOrganization, .. OfProvider],
                    person => person.Post($"/v1/requests/{asked.Id}/{verdict}", body, Any)
                );
                var raised = (await Scene.Startup.Post("/v1/quota-increases", increase)).Expect(HttpStatusCode.Created);
                Add(
                    $"{verdict} an increase",
                    OfOrganization,
                    person => person.Post($"/v1/quota-increases/{raised.Id}/{verdict}", body, Any)
                );
            }
        }

        private async Task AddGrantsAsync()
        {
            var grant = (await Scene.Startup.Ask(Scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("grantId");
            (await World.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "Misused" }, Any)).Expect(HttpStatusCode.OK);
            var used = Guid.Parse((await Scene.Startup.Ask(Scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("grantId"));
            World.Clock.Advance(TimeSpan.FromMinutes(30));
            var records = (await Scene.ReportAsync(World, used, (-0.4, -0.3), (-0.2, -0.1))).Ids;
            foreach (var (record, verdict) in records.Zip((string[])["uphold", "reject"]))
            {
                var path = $"/v1/grants/{used}/usage-records/{record}/dispute";
                var dispute = (await Scene.Startup.Post(path, new { reason = "We did not run then" })).Expect(HttpStatusCode.Created);
                Add(
                    $"{verdict} a dispute",
                    [.. OfOrganization, .. OfProvider],
                    person => person.Post($"/v1/usage-disputes/{dispute.Id}/{verdict}", new { reason = "The logs show it" }, Any)
                );
            }

            var (from, to) = (World.Now.AddHours(-0.4), World.Now);
            Add(
                "confirm an outage",
                [.. OfOrganization, .. OfProvider],
                person =>
                    person.Post(
                        $"/v1/offers/{Scene.Offer}/outages",
                        new
                        {
                            startedAt = from,
                            endedAt = to,
                            evidence = "The status page",
                        }
                    )
            );
            Add(
                "resume a grant",
                [.. OfOrganization, .. OfProvider],
                person => person.Post($"/v1/grants/{grant}/resume", new { reason = "Explained" }, Any)
            );
            var later = new { startsAt = World.Now.AddDays(3) };
            var scheduled = (await Scene.Startup.Ask(Scene.Programme, 1, later)).Expect(HttpStatusCode.Created).Text_("grantId");
            Add("start a grant early", OfOrganization, person => person.Post($"/v1/grants/{scheduled}/activate"));
            var projects = $"/v1/organizations/{Scene.Organization}/projects";
            var project = (await Scene.Startup.Post(projects, new { name = "Vision" })).Expect(HttpStatusCode.Created);
            Add(
                "hand a grant on",
                OfOrganization,
                person => person.Post($"/v1/grants/{used}/transfer", new { projectId = project.Id, reason = "The team moved" })
            );
            var other = await Scene.Operator.Offer(Scene.Programme, Scene.Provider, region: "kr-south");
            var moving = (await Scene.Startup.Ask(Scene.Programme, 1, new { region = "kr-central" })).Text_("grantId");
            Add(
                "move a grant",
                [.. OfOrganization, .. OfProvider],
                person => person.Post($"/v1/grants/{moving}/move", new { offerId = other, reason = "It fails" }, Any)
            );
        }

        private async Task AddOffersAsync()
        {
            foreach (var verdict in (string[])["accept", "reject"])
            {
                object body = verdict == "accept" ? new { } : new { reason = "No" };
                var offer = (await Scene.Operator.Propose(Scene.Programme, Scene.Provider)).Expect(HttpStatusCode.Created);
                Add($"{verdict} an offer", OfProvider, person => person.Post($"/v1/offers/{offer.Id}/{verdict}", body, Any));
            }

            var terms = new
            {
                providerId = Scene.Provider,
                gpuModel = "h100",
                maxRate = 5,
                capacityGpuHours = 10,
            };
            var made = (await World.Admin.Post($"/v1/programmes/{Scene.Programme}/standing-terms", terms)).Expect(HttpStatusCode.Created);
            Add("make standing terms", OfProvider, person => person.Post($"/v1/programmes/{Scene.Programme}/standing-terms", terms));
            Add("end standing terms", OfProvider, person => person.Post($"/v1/standing-terms/{made.Id}/end", new { }, Any));
        }

        private async Task AddTransfersAsync()
        {
            foreach (var verdict in (string[])["approve", "reject"])
            {
                object body = verdict == "approve" ? new { } : new { reason = "No" };
                var proposal = (
                    await World.Admin.Post(
                        "/v1/transfer-proposals",
                        new
                        {
                            kind = "transfer",
                            programmeId = Child,
                            fromProgrammeId = Scene.Programme,
                            credits = 1_200,
                            reason = "For the summer",
                        }
                    )
                ).Expect(HttpStatusCode.Created);
                Add(
                    $"{verdict} a transfer",
                    OfProgramme,
                    person => person.Post($"/v1/transfer-proposals/{proposal.Id}/{verdict}", body, Any)
                );
            }

            Add("post a transfer", OfProgramme, person => person.Post("/v1/transfers", ByHand()));
        }

        private async Task AddOverridesAsync(Guid policy)
        {
            var project = (await Scene.Startup.Post($"/v1/organizations/{Scene.Organization}/projects", new { name = "Speech" })).Expect(
                HttpStatusCode.Created
            );
            AddOverride("an organization", "per-request", $"{Scene.Organization}", OfOrganization);
            AddOverride("a project", "of-project", $"{project.Id}", OfOrganization);
            AddOverride("a kind", "of-kind", "startup", OfOrganization);
            AddOverride("a programme that the organization asked", "of-programme", $"{Scene.Programme}", OfOrganization);
            AddOverride("a programme below", "of-programme", $"{Child}", OfProgramme);
            AddOverride("a partner", "of-partner", $"{Partner}", OfPartner);

            void AddOverride(string of, string rule, string subject, string[] stops)
            {
                var made = Guid.Empty;
                var body = new
                {
                    policyId = policy,
                    ruleId = rule,
                    subject,
                    effect = "multiply",
                    amount = 2,
                    reason = "A deadline",
                };
                Add(
                    $"make an override for {of}",
                    stops,
                    async person =>
                    {
                        var reply = await person.Post("/v1/quota-overrides", body);
                        made = reply.Status == HttpStatusCode.Created ? reply.Id : made;
                        return reply;
                    }
                );
                Add($"end an override for {of}", stops, person => person.Post($"/v1/quota-overrides/{made}/end"));
            }
        }

        private async Task AddPoliciesAsync()
        {
            var draft = (
                await World.Admin.Post(
                    "/v1/quota-policies",
                    new
                    {
                        programmeId = Scene.Programme,
                        name = "More",
                        document = new { rules = new[] { Scenes.PerMonth("100") } },
                    }
                )
            ).Expect(HttpStatusCode.Created);
            Add("publish a policy", OfOrganization, person => person.Post($"/v1/quota-policies/{draft.Id}/publish", new { }, Any));
            Add("retire a policy", OfOrganization, person => person.Post($"/v1/quota-policies/{draft.Id}/retire", new { }, Any));
        }

        private void Add(string name, string[] stops, Func<Person, Task<Reply>> call) => Verdicts.Add(new Verdict(name, stops, call));

        private object ByHand() =>
            new
            {
                rootProgrammeId = Scene.Programme,
                transfers = new[]
                {
                    new
                    {
                        id = Guid.CreateVersion7(World.Now),
                        kind = "posted",
                        debitAccountId = AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, Scene.Programme),
                        creditAccountId = AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, Child),
                        amount = 1,
                        reason = "tidy",
                    },
                },
            };

        private static object Limit(string id, string level) =>
            new
            {
                id,
                measure = "gpu-hours-granted",
                subject = new { level },
                window = new { kind = "lifetime" },
                limit = new { gpuHours = "10000" },
                outcome = "deny",
            };
    }
}
