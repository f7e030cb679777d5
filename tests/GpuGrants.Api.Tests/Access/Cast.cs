using System.Net;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Tests.Requests;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Access;

/// <summary>One of every kind of caller, and one of every kind of resource that they may or may not touch.</summary>
/// <remarks>Every client has every scope, so that the table shows what roles alone let in.</remarks>
internal sealed class Cast
{
    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);

    private Person? _partner;
    private Person? _owner;

    private Cast(TestWorld world) => World = world;

    public TestWorld World { get; }

    /// <summary>The code that the next call uses.</summary>
    public string Code { get; set; } = "";

    /// <summary>In the order of the table's columns.</summary>
    public IReadOnlyList<(string Name, Person Person)> Callers { get; private set; } = [];

    /// <summary>The id of the resource by which a path names it, such as <c>organizations</c>.</summary>
    public string this[string name] => _ids[name];

    /// <summary>All ids, by these names.</summary>
    public IReadOnlyDictionary<string, string> Ids => _ids;

    public static async Task<Cast> EnterAsync(TestWorld world)
    {
        var cast = new Cast(world);
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        await cast.CallAsync(scene);
        await cast.PrepareAsync(scene);
        // Grants have begun, so that there is use to report.
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        cast._ids["recordId"] = await cast.UsageRecordAsync();
        var disputed = $"/v1/grants/{cast._ids["grants"]}/usage-records/{await cast.UsageRecordAsync()}/dispute";
        cast._ids["usage-disputes"] = (await scene.Startup.Post(disputed, new { reason = "We did not run then" }))
            .Expect(HttpStatusCode.Created)
            .Id.ToString();
        return cast;
    }

    /// <summary>Whether the endpoint, method and pattern, answers pages.</summary>
    public bool IsList(string endpoint) =>
        World
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(one => one.Metadata.GetOrderedMetadata<QueryParameters>().Any(parameters => parameters.Names.Contains("limit")))
            .Any(one => endpoint == "GET /" + one.RoutePattern.RawText!.TrimStart('/'));

    /// <summary>The path of a route's pattern, on the cast's resources.</summary>
    public string Path(string pattern) => Fill(pattern, name => _ids[name]);

    /// <summary>The same path, on resources that are not there.</summary>
    public static string MissingPath(string pattern) =>
        Fill(
            pattern,
            name =>
                name switch
                {
                    "number" => "1",
                    "clientId" => "cl_" + Guid.CreateVersion7().ToString("N"),
                    "gpu-models" => "no-such-model",
                    _ => Guid.CreateVersion7().ToString(),
                }
        );

    /// <summary>A new principal with a role that a call may take away.</summary>
    public async Task<string> NewMemberAsync(string path, string? role)
    {
        var member = await World.Member(path, role);
        return member.PrincipalId.ToString();
    }

    /// <summary>A new webhook endpoint of the organization, at an address that nobody has.</summary>
    public async Task<string> NewWebhookAsync(Person? by = null) =>
        (await (by ?? World.Admin).Post("/v1/webhook-endpoints", Webhook(this))).Expect(HttpStatusCode.Created).Text_("id");

    /// <summary>A code by which an owner of the organization lets the partner act for it.</summary>
    public async Task<string> ConsentCodeAsync() =>
        (await _partner!.Post($"/v1/partners/{_ids["partners"]}/consents", Consent)).Expect(HttpStatusCode.Created).Text_("code");

    /// <summary>The organization's consent that the partner acts for it; another when it was ended.</summary>
    public async Task<string> ConsentAsync()
    {
        if (
            _ids.TryGetValue("consents", out var id)
            && (await World.Admin.Get($"/v1/consents/{id}")).Expect(HttpStatusCode.OK).Text_("status") == "active"
        )
            return id;
        var body = new { code = await ConsentCodeAsync(), organizationId = _ids["organizations"] };
        return _ids["consents"] = (await _owner!.Post("/v1/consents", body)).Expect(HttpStatusCode.Created).Id.ToString();
    }

    /// <summary>Somebody whom the partner vouches for.</summary>
    public static object PartnerPerson(Cast cast) =>
        new
        {
            externalId = Guid.NewGuid().ToString(),
            name = "Kim Mina",
            kind = "student",
            country = "KR",
            ofAge = true,
            acceptsTerms = true,
            vouchFor = cast["programmes"],
        };

    /// <summary>How far a programme trusts a partner.</summary>
    public static object Trust => new { peopleAtMost = 1_000, peoplePerDay = 1_000 };

    /// <summary>A new one of the partner's people.</summary>
    public async Task<string> PartnerPersonAsync() =>
        (await _partner!.Post($"/v1/partners/{_ids["partners"]}/people", PartnerPerson(this))).Expect(HttpStatusCode.Created).Id.ToString();

    /// <summary>What a partner may do.</summary>
    public static object Consent => new { scopes = (string[])["read", "request"] };

    public static object Webhook(Cast cast) =>
        new
        {
            ownerKind = "organization",
            ownerId = cast["organizations"],
            url = "https://192.0.2.1/hook",
        };

    private async Task CallAsync(Scene scene)
    {
        var partner = (await World.Admin.Post("/v1/partners", new { name = "Portal" })).Expect(HttpStatusCode.Created).Id;
        var otherPartner = (await World.Admin.Post("/v1/partners", new { name = "Other portal" })).Expect(HttpStatusCode.Created).Id;
        var otherProgramme = await World.Programme(100, terms: new { name = "Other programme" });
        (_ids["partners"], _ids["programmes"], _ids["providers"], _ids["organizations"]) = (
            partner.ToString(),
            scene.Programme.ToString(),
            scene.Provider.ToString(),
            scene.Organization.ToString()
        );
        Callers =
        [
            ("platform administrator", World.Admin),
            ("programme administrator", await World.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator")),
            ("programme reviewer", await World.Reviewer(scene.Programme)),
            ("provider operator", scene.Operator),
            ("organization owner", scene.Startup),
            ("organization member", await World.Member($"/v1/organizations/{scene.Organization}/members", "organization-member")),
            ("partner", await World.Member($"/v1/partners/{partner}/members", "partner")),
            ("owner of another organization", (await World.Organization(name: "Another")).Owner),
            (
                "administrator of another programme",
                await World.Member($"/v1/programmes/{otherProgramme}/members", "programme-administrator")
            ),
            ("operator of another provider", (await World.Provider("Other Cloud")).Operator),
            ("another partner", await World.Member($"/v1/partners/{otherPartner}/members", "partner")),
        ];
        await World.ScalarAsync<long>(
            "with all_scopes as (update api_clients set scopes = array['read', 'request', 'review', 'provide', "
                + "'administer', 'clients'] returning 1) select count(*) from all_scopes"
        );
        foreach (var (_, person) in Callers)
            person.ForgetToken();
        (_owner, _partner) = (scene.Startup, Callers.Single(one => one.Name == "partner").Person);
        await ConsentAsync();
        (_ids["partnerId"], _ids["personId"]) = (_ids["partners"], Guid.CreateVersion7().ToString());
        (await World.Admin.Put($"/v1/programmes/{scene.Programme}/partners/{_ids["partners"]}", Trust)).Expect(HttpStatusCode.OK);
    }

    private async Task PrepareAsync(Scene scene)
    {
        var granted = (await scene.Startup.Ask(scene.Programme, 5)).Expect(HttpStatusCode.Created);
        var accounts = (await World.Admin.Get($"/v1/accounts?ownerId={granted.Text_("grantId")}"))
            .Expect(HttpStatusCode.OK)["data"]
            .AsArray();
        var account = accounts[0]!["id"]!.GetValue<string>();
        var transfers = (await World.Admin.Get($"/v1/accounts/{account}/transfers")).Expect(HttpStatusCode.OK)["data"].AsArray();
        var policy = (await World.Admin.Get($"/v1/quota-policies?programmeId={scene.Programme}"))
            .Expect(HttpStatusCode.OK)["data"]
            .AsArray();
        _ids["grants"] = granted.Text_("grantId");
        var asked = (await scene.Startup.Ask(scene.Programme, 40)).Expect(HttpStatusCode.Created);
        _ids["requests"] = asked.Id.ToString();
        _ids["decisions"] = asked["decision"]["id"]!.GetValue<string>();
        _ids["accounts"] = account;
        _ids["transfers"] = transfers[0]!["id"]!.GetValue<string>();
        _ids["independence-waivers"] = (
            await World.Admin.Post("/v1/independence-waivers", new { reason = "A new platform", expiresAt = World.Now.AddDays(7) })
        )
            .Expect(HttpStatusCode.Created)
            .Id.ToString();
        var second = await World.Member("/v1/administrators", null);
        _ids["transfer-proposals"] = (
            await second.Post(
                "/v1/transfer-proposals",
                new
                {
                    kind = "fund",
                    programmeId = scene.Programme,
                    credits = 2_000_000,
                    reason = "A sponsor's pledge",
                }
            )
        ).Expect(HttpStatusCode.Created).Id.ToString();
        _ids["quota-policies"] = policy[0]!["id"]!.GetValue<string>();
        _ids["quota-simulations"] = (await World.Admin.Post($"/v1/quota-policies/{_ids["quota-policies"]}/simulate", Simulation(this)))
            .Expect(HttpStatusCode.Accepted)
            .Id.ToString();
        _ids["offers"] = scene.Offer.ToString();
        _ids["outages"] = (await scene.Operator.Post($"/v1/offers/{scene.Offer}/outages", Outage(this)))
            .Expect(HttpStatusCode.Created)
            .Id.ToString();
        _ids["quotes"] = (await scene.Startup.Quote(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created).Id.ToString();
        _ids["gpu-models"] = "h100";
        _ids["standing-terms"] = (await World.Admin.Post($"/v1/programmes/{scene.Programme}/standing-terms", StandingTerms(this)))
            .Expect(HttpStatusCode.Created)
            .Id.ToString();
        _ids["code-batches"] = (await World.Admin.Post($"/v1/programmes/{scene.Programme}/code-batches", CodeBatch(this)))
            .Expect(HttpStatusCode.Created)
            .Id.ToString();
        var codes = (await World.Admin.Get($"/v1/code-batches/{_ids["code-batches"]}/codes")).Expect(HttpStatusCode.OK);
        _ids["grantCode"] = codes["data"].AsArray()[^1]!["code"]!.GetValue<string>();
        _ids["webhook-endpoints"] = await NewWebhookAsync(scene.Startup);
        _ids["number"] = "1";
        _ids["clientId"] = (await scene.Startup.Post("/v1/clients", new { name = "A second client" }))
            .Expect(HttpStatusCode.Created)
            .Text_("clientId");
        _ids["limitId"] = (await scene.Startup.Post($"/v1/organizations/{scene.Organization}/limits", NewLimit))
            .Expect(HttpStatusCode.Created)
            .Id.ToString();
        _ids["projectId"] = (await scene.Startup.Post($"/v1/organizations/{scene.Organization}/projects", new { name = "Speech" }))
            .Expect(HttpStatusCode.Created)
            .Id.ToString();
        _ids["principalId"] = Guid.CreateVersion7().ToString();
        foreach (var none in (string[])["proofId", "handovers", "identities", "confirmationId"])
            _ids[none] = Guid.CreateVersion7().ToString();
        var frozen = await World.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        _ids["frozen"] = frozen.ToString();
        _ids["freezes"] = (
            await World.Admin.Post(
                "/v1/freezes",
                new
                {
                    scope = "programme",
                    resourceId = frozen,
                    reason = "A leak",
                }
            )
        ).Expect(HttpStatusCode.Created).Id.ToString();
        _ids["terms"] = (
            await World.Admin.Post(
                "/v1/terms",
                new
                {
                    programmeId = frozen,
                    title = "Terms of use",
                    text = "Be kind.",
                }
            )
        ).Expect(HttpStatusCode.Created).Id.ToString();
        _ids["principals"] = Guid.CreateVersion7().ToString();
        _ids["invitations"] = Guid.CreateVersion7().ToString();
        _ids["email-changes"] = Guid.CreateVersion7().ToString();
        foreach (var none in (string[])["identities", "handovers", "proofId", "confirmationId"])
            _ids[none] = Guid.CreateVersion7().ToString();
        _ids["quota-increases"] = (await scene.Startup.Post("/v1/quota-increases", Increase(this, 30)))
            .Expect(HttpStatusCode.Created)
            .Id.ToString();
        await ProposeAsync(second);
        _ids["quota-overrides"] = (await World.Admin.Post("/v1/quota-overrides", Override(this)))
            .Expect(HttpStatusCode.Created)
            .Id.ToString();
    }

    /// <summary>An override that several people have to agree to, proposed by somebody who calls nothing else.</summary>
    private async Task ProposeAsync(Person second)
    {
        var proposer = await World.Reviewer(Guid.Parse(_ids["programmes"]));
        var policy = await World.Policy(Guid.Parse(_ids["programmes"]), Scenes.SeveralApprove("10000", 2));
        var body = PolicyScenes.Override(policy, "several", _ids["organizations"], "add", 1);
        _ids["change-proposals"] = (await proposer.Post("/v1/quota-overrides", body)).Expect(HttpStatusCode.Accepted).Id.ToString();
        // Otherwise nobody would get a role at once any more.
        var retired = (await World.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, Person.AnyVersion)).Expect(
            HttpStatusCode.Accepted
        );
        (await second.Post($"/v1/change-proposals/{retired.Id}/approve", new { }, ("If-Match", "\"1\""))).Expect(HttpStatusCode.OK);
    }

    /// <summary>A limit of the organization on its members that stops nobody.</summary>
    public static object NewLimit =>
        new
        {
            level = "member",
            measure = "gpu-hours-granted",
            window = "month",
            limit = 1_000_000,
        };

    /// <summary>A time before every grant.</summary>
    public static object Outage(Cast cast) =>
        new
        {
            startedAt = cast.World.Now.AddDays(-2),
            endedAt = cast.World.Now.AddDays(-1),
            evidence = "The status page",
        };

    /// <summary>Standing terms of the programme for the provider.</summary>
    public static object StandingTerms(Cast cast) =>
        new
        {
            providerId = cast["providers"],
            gpuModel = "h100",
            maxRate = 2,
            capacityGpuHours = 100,
        };

    /// <summary>A list without lines of anybody here: whoever is let in is told that each is not theirs.</summary>
    public static object PriceList(Cast cast) =>
        new
        {
            programmeId = cast["programmes"],
            capacityGpuHours = 1,
            csv = "provider,instance_type,gpu_model,gpu_memory_gib,gpus,vcpus,memory_gib,usd_per_hour,region\n"
                + "nobody,A6000,A6000,48,1,6,48,0.57,kr",
        };

    /// <summary>Two small codes on the programme's offer.</summary>
    public static object CodeBatch(Cast cast) =>
        new
        {
            name = "A class",
            offerId = cast["offers"],
            count = 2,
            gpuHours = 0.01,
            redeemBy = cast.World.Now.AddDays(30),
        };

    /// <summary>An override of the programme's only rule, for the organization.</summary>
    public static object Override(Cast cast) =>
        new
        {
            policyId = cast["quota-policies"],
            ruleId = "per-request",
            subject = cast["organizations"],
            effect = "add",
            amount = 1,
            startsAt = cast.World.Now.AddYears(Random.Shared.Next(1, 1_000)),
            reason = "For a deadline",
        };

    /// <summary>The policy's first version, tried on the hour before.</summary>
    public static object Simulation(Cast cast) => new { version = 1, from = cast.World.Now.AddHours(-1) };

    /// <summary>The simulation; another when it was deleted.</summary>
    public async Task<string> SimulationAsync()
    {
        if ((await World.Admin.Get($"/v1/quota-simulations/{_ids["quota-simulations"]}")).Status == HttpStatusCode.NotFound)
            _ids["quota-simulations"] = (await World.Admin.Post($"/v1/quota-policies/{_ids["quota-policies"]}/simulate", Simulation(this)))
                .Expect(HttpStatusCode.Accepted)
                .Id.ToString();
        return _ids["quota-simulations"];
    }

    /// <summary>The withdrawal of a tranche of a new offer, which waits for its programme.</summary>
    public async Task<string> TrancheAsync()
    {
        var proposed = await World.Admin.Propose(Guid.Parse(_ids["programmes"]), Guid.Parse(_ids["providers"]), capacity: 0);
        var tranche = new { gpus = 2, endsAt = Tomorrow(this) };
        (await World.Admin.Post($"/v1/offers/{proposed.Id}/tranches", tranche)).Expect(HttpStatusCode.OK);
        return $"/v1/offers/{proposed.Id}/tranches/1/withdraw";
    }

    /// <summary>A full hour to come.</summary>
    public static DateTimeOffset Tomorrow(Cast cast) => new(cast.World.Now.UtcDateTime.Date.AddDays(2), TimeSpan.Zero);

    /// <summary>A new usage record of the grant.</summary>
    public async Task<string> UsageRecordAsync()
    {
        var id = Guid.NewGuid();
        var record = new
        {
            id,
            grantId = _ids["grants"],
            gpus = 0.001m,
            startedAt = World.Now.AddMinutes(-6),
            endedAt = World.Now.AddMinutes(-5),
        };
        (await World.Admin.Post("/v1/usage-records", new { records = new[] { record } })).Expect(HttpStatusCode.OK);
        return id.ToString();
    }

    /// <summary>The organization asks for a higher limit of the same rule.</summary>
    public static object Increase(Cast cast, int limit) =>
        new
        {
            policyId = cast["quota-policies"],
            ruleId = "per-request",
            limit,
            reason = "Our model is larger than we thought",
            organizationId = cast["organizations"],
        };

    private static string Fill(string pattern, Func<string, string> id)
    {
        var parts = pattern.Split('/');
        for (var i = 1; i < parts.Length; i++)
            if (parts[i].StartsWith('{'))
                parts[i] = id(parts[i][1..^1].Split(':')[0] is var name && name == "id" ? parts[i - 1] : name);
        return string.Join('/', parts);
    }
}
