using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Independence;

/// <summary>One of everything that people decide, with the past roles that keep somebody from it.</summary>
internal sealed class Stage
{
    private static readonly string[] OfOrganization = ["organization-owner", "organization-member"];
    private static readonly string[] OfProvider = ["provider-operator"];
    private static readonly string[] OfProgramme = ["programme-administrator", "programme-reviewer"];
    private static readonly string[] OfPartner = ["partner"];

    /// <summary>Every role that keeps somebody from a verdict.</summary>
    public static readonly string[] Roles = [.. OfOrganization, .. OfProvider, .. OfProgramme, .. OfPartner];

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
                person => person.Patch($"/v1/providers/{stage.Scene.Provider}", change, Person.AnyVersion)
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
            var raised = PolicyScenes.Override(policy, "several", Scene.Organization, "add", 1);
            await AddProposalAsync(verdict, "an override", OfOrganization, await World.Admin.Post("/v1/quota-overrides", raised));
            await AddProposalAsync(
                verdict,
                "the end of a policy",
                OfOrganization,
                await World.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, Person.AnyVersion)
            );
        }
    }

    private Task AddProposalAsync(string verdict, string of, string[] stops, Reply proposed)
    {
        var id = proposed.Expect(HttpStatusCode.Accepted).Id;
        object body = verdict == "approve" ? new { } : new { reason = "No" };
        Add($"{verdict} {of}", stops, person => person.Post($"/v1/change-proposals/{id}/{verdict}", body, Person.AnyVersion));
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
        await World.Give(path, person, isOwner ? "organization-member" : role);
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
        await World.Give($"/v1/organizations/{elsewhere}/members", person, "organization-member");
        return person;
    }

    private async Task AddRequestsAsync(Guid policy)
    {
        foreach (var verdict in (string[])["approve", "deny"])
        {
            object body = verdict == "approve" ? new { } : new { reason = "No" };
            var asked = (await Scene.Startup.Ask(Scene.Programme, 40)).Expect(HttpStatusCode.Created);
            Add(
                $"{verdict} a request",
                [.. OfOrganization, .. OfProvider],
                person => person.Post($"/v1/requests/{asked.Id}/{verdict}", body, Person.AnyVersion)
            );
            var raised = (await Scene.Startup.AskIncrease(policy, "per-request", 30)).Expect(HttpStatusCode.Created);
            Add(
                $"{verdict} an increase",
                OfOrganization,
                person => person.Post($"/v1/quota-increases/{raised.Id}/{verdict}", body, Person.AnyVersion)
            );
        }
    }

    private async Task AddGrantsAsync()
    {
        var grant = (await Scene.Startup.Ask(Scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("grantId");
        (await World.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "Misused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
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
                person => person.Post($"/v1/usage-disputes/{dispute.Id}/{verdict}", new { reason = "The logs show it" }, Person.AnyVersion)
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
            person => person.Post($"/v1/grants/{grant}/resume", new { reason = "Explained" }, Person.AnyVersion)
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
            person => person.Post($"/v1/grants/{moving}/move", new { offerId = other, reason = "It fails" }, Person.AnyVersion)
        );
    }

    private async Task AddOffersAsync()
    {
        foreach (var verdict in (string[])["accept", "reject"])
        {
            object body = verdict == "accept" ? new { } : new { reason = "No" };
            var offer = (await Scene.Operator.Propose(Scene.Programme, Scene.Provider)).Expect(HttpStatusCode.Created);
            Add($"{verdict} an offer", OfProvider, person => person.Post($"/v1/offers/{offer.Id}/{verdict}", body, Person.AnyVersion));
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
        Add("end standing terms", OfProvider, person => person.Post($"/v1/standing-terms/{made.Id}/end", new { }, Person.AnyVersion));
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
                person => person.Post($"/v1/transfer-proposals/{proposal.Id}/{verdict}", body, Person.AnyVersion)
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
        Add(
            "publish a policy",
            OfOrganization,
            person => person.Post($"/v1/quota-policies/{draft.Id}/publish", new { }, Person.AnyVersion)
        );
        Add("retire a policy", OfOrganization, person => person.Post($"/v1/quota-policies/{draft.Id}/retire", new { }, Person.AnyVersion));
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

/// <summary>A verdict, the past roles that keep somebody from it, and the call by which one gives it.</summary>
internal sealed record Verdict(string Name, string[] Stops, Func<Person, Task<Reply>> Call);
