using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World;

/// <summary>What tests begin with, in the words of the domain.</summary>
internal static partial class Scenes
{
    public static async Task<Guid> GpuModel(this TestWorld world, string id = "h100", int memory = 80)
    {
        await world.Admin.Post(
            "/v1/gpu-models",
            new
            {
                id,
                name = id.ToUpperInvariant(),
                gpuClass = "datacenter",
                memoryGib = memory,
                vendor = "NVIDIA",
            }
        );
        return Guid.Empty;
    }

    public static async Task<Guid> Programme(this TestWorld world, decimal credits = 0, Guid? parentId = null, object? terms = null)
    {
        var body = With(terms);
        body["name"] ??= "Starter";
        body["timeZone"] ??= "UTC";
        if (parentId is { } parent)
            body["parentId"] = parent.ToString();
        var id = (await world.Admin.Post("/v1/programmes", body)).Expect(HttpStatusCode.Created).Id;
        if (credits > 0)
            await world.Fund(id, credits);
        return id;
    }

    public static async Task Fund(this TestWorld world, Guid programme, decimal credits) =>
        (await world.Admin.Post($"/v1/programmes/{programme}/fund", new { credits, reason = "A sponsor pays" })).Expect(
            HttpStatusCode.Created
        );

    public static async Task<(Guid Id, Person Operator)> Provider(this TestWorld world, string name = "Han Cloud")
    {
        var id = (await world.Admin.Post("/v1/providers", new { name, country = "KR" })).Expect(HttpStatusCode.Created).Id;
        return (id, await world.Member($"/v1/providers/{id}/operators", null));
    }

    /// <summary>An offer that the programme has accepted.</summary>
    public static async Task<Guid> Offer(
        this Person @operator,
        Guid programme,
        Guid provider,
        decimal capacity = 1_000,
        decimal rate = 1,
        string model = "h100",
        string region = "kr-central",
        decimal? max = null,
        object? more = null
    )
    {
        var proposed = (await @operator.Propose(programme, provider, capacity, rate, model, region, max, more)).Expect(
            HttpStatusCode.Created
        );
        return await @operator.AcceptedAsync(proposed);
    }

    /// <summary>A cheaper offer on which the provider approves each grant, accepted by the programme.</summary>
    public static Task<Guid> ApprovingOffer(this Person @operator, Guid programme, Guid provider, string region = "kr-central") =>
        @operator.Offer(programme, provider, 500, 0.5m, region: region, more: new { providerApproves = true });

    /// <summary>The programme accepts what the operator proposed.</summary>
    private static async Task<Guid> AcceptedAsync(this Person @operator, Reply proposed)
    {
        (await @operator.AcceptedBy!.Post($"/v1/offers/{proposed.Id}/accept", new { }, ("If-Match", proposed.ETag))).Expect(
            HttpStatusCode.OK
        );
        return proposed.Id;
    }

    /// <summary>An offer as its operator proposes it.</summary>
    /// <param name="more">Further members of the offer.</param>
    public static Task<Reply> Propose(
        this Person @operator,
        Guid programme,
        Guid provider,
        decimal capacity = 1_000,
        decimal rate = 1,
        string model = "h100",
        string region = "kr-central",
        decimal? max = null,
        object? more = null
    )
    {
        var body = With(more);
        body["programmeId"] = programme.ToString();
        body["providerId"] = provider.ToString();
        body["gpuModel"] = model;
        body["region"] = region;
        body["capacityGpuHours"] = capacity;
        body["rate"] = rate;
        body["maxGpuHours"] = max;
        body["maxGpus"] ??= 64;
        return @operator.Post("/v1/offers", body);
    }

    /// <summary>Somebody lets a programme accept a provider's offers of h100 in advance.</summary>
    public static Task<Reply> StandingTerms(this Person by, Guid programme, Guid provider) =>
        by.Post(
            $"/v1/programmes/{programme}/standing-terms",
            new
            {
                providerId = provider,
                gpuModel = "h100",
                maxRate = 5,
                capacityGpuHours = 10,
            }
        );

    public static async Task<(Guid Id, Person Owner)> Organization(
        this TestWorld world,
        string kind = "startup",
        string country = "KR",
        string name = "Hangang Robotics",
        bool livemode = true
    )
    {
        var made = (
            await world.Admin.Post(
                "/v1/organizations",
                new
                {
                    kind,
                    name,
                    country,
                    ownerName = name + "'s owner",
                    livemode,
                }
            )
        ).Expect(HttpStatusCode.Created);
        return (made.Id, world.PersonOf(made["ownerClient"]));
    }

    /// <summary>An organization that somebody makes and owns.</summary>
    public static Task<Reply> NewOrganization(this Person owner, string name) =>
        owner.Post(
            "/v1/organizations",
            new
            {
                kind = "startup",
                name,
                country = "KR",
            }
        );

    /// <summary>Somebody with a role, who proved at an external issuer who they are.</summary>
    public static async Task<Person> Member(this TestWorld world, string path, string? role, Person? by = null)
    {
        var member = await world.Named(path, role, by);
        await world.Prove(member.PrincipalId);
        return member;
    }

    /// <summary>As if the principal had come through an external issuer.</summary>
    public static Task<long> Prove(this TestWorld world, Guid principal) =>
        world.ScalarAsync<long>(
            """
            with proved as (
                update principals set external_issuer = 'https://issuer.test', external_subject = id::text
                where id = $1 and external_subject is null returning id)
            select count(*) from proved
            """,
            principal
        );

    /// <summary>Somebody whom an administrator or owner only named.</summary>
    public static async Task<Person> Named(this TestWorld world, string path, string? role, Person? by = null)
    {
        var made = (await (by ?? world.Admin).Post(path, new { name = "Somebody", role })).Expect(HttpStatusCode.Created);
        var client = made["client"];
        return new Person(
            world.Http,
            client["clientId"]!.GetValue<string>(),
            client["clientSecret"]!.GetValue<string>(),
            Guid.Parse(made.Text_("principalId"))
        )
        {
            AcceptedBy = world.Admin,
        };
    }

    /// <summary>Gives a role to somebody who is there.</summary>
    public static async Task Give(this TestWorld world, string path, Person person, string role) =>
        (await world.Admin.Post(path, new { principalId = person.PrincipalId, role })).Expect(HttpStatusCode.Created);

    /// <summary>The only administrator may do alone what rules ask several people for.</summary>
    public static async Task Waive(this TestWorld world) =>
        (await world.Admin.Post("/v1/independence-waivers", new { reason = "Nobody else yet", expiresAt = world.Now.AddDays(80) })).Expect(
            HttpStatusCode.Created
        );

    public static Task<Person> Reviewer(this TestWorld world, Guid programme) =>
        world.Member($"/v1/programmes/{programme}/members", "programme-reviewer");

    /// <summary>Publishes a policy with these rules.</summary>
    public static async Task<Guid> Policy(this TestWorld world, Guid? programme, params object[] rules) =>
        (await world.PublishedPolicy(programme, new { rules })).Id;

    /// <summary>Publishes a policy with this document.</summary>
    /// <returns>The answer to the publishing.</returns>
    public static async Task<Reply> PublishedPolicy(this TestWorld world, Guid? programme, object document)
    {
        var made = (
            await world.Admin.Post(
                "/v1/quota-policies",
                new
                {
                    programmeId = programme,
                    name = "Starter rules",
                    document,
                }
            )
        ).Expect(HttpStatusCode.Created);
        return (await world.Admin.Post($"/v1/quota-policies/{made.Id}/publish", new { }, ("If-Match", made.ETag))).Expect(
            HttpStatusCode.OK
        );
    }

    public static Task<Reply> Ask(
        this Person person,
        Guid programme,
        decimal gpuHours,
        object? more = null,
        params (string Name, string Value)[] headers
    )
    {
        var body = With(more);
        body["programmeId"] = programme.ToString();
        body["gpuHours"] = gpuHours;
        body["purpose"] ??= "Fine-tune a model";
        return person.Post("/v1/requests", body, headers);
    }

    /// <summary>A body that begins with these members.</summary>
    private static JsonObject With(object? members) => JsonSerializer.SerializeToNode(members ?? new { })!.AsObject();

    /// <summary>A programme with a budget and an offer that charges 1 credit per GPU-hour, and a startup.</summary>
    public static async Task<Scene> Scene(this TestWorld world, decimal credits = 1_000, decimal capacity = 1_000, params object[] rules)
    {
        await world.GpuModel();
        var programme = await world.Programme(credits);
        var (provider, @operator) = await world.Provider();
        var offer = await @operator.Offer(programme, provider, capacity);
        if (rules.Length > 0)
            await world.Policy(programme, rules);
        var (organization, owner) = await world.Organization();
        return new Scene(programme, provider, @operator, offer, organization, owner);
    }

    /// <summary>Another client of whoever makes it, with its own secret.</summary>
    public static async Task<Person> NewClient(this Person maker, TestWorld world)
    {
        var made = (await maker.Post("/v1/clients", new { name = "Batch jobs" })).Expect(HttpStatusCode.Created);
        return world.PersonOf(made.Body!, maker.PrincipalId);
    }

    /// <summary>The administrator suspends what has a status, or lets it be active again.</summary>
    public static async Task SetStatus(this TestWorld world, string path, string status)
    {
        var present = (await world.Admin.Get(path)).Expect(HttpStatusCode.OK);
        (await world.Admin.Patch(path, new { status }, ("If-Match", present.ETag))).Expect(HttpStatusCode.OK);
    }

    /// <summary>A project of the startup.</summary>
    public static async Task<Guid> Project(this Scene scene, string name) =>
        (await scene.Startup.Post($"/v1/organizations/{scene.Organization}/projects", new { name })).Expect(HttpStatusCode.Created).Id;

    public static async Task<decimal> Balance(this TestWorld world, Guid owner, string kind, string unit = "credit")
    {
        var page = (await world.Admin.Get($"/v1/accounts?ownerId={owner}&kind={kind}")).Expect(HttpStatusCode.OK);
        return page["data"]
            .AsArray()
            .Where(one => one!["unit"]!.GetValue<string>() == unit)
            .Sum(one => one!["available"]!.GetValue<decimal>());
    }
}

/// <summary>Who is there.</summary>
internal sealed record Scene(Guid Programme, Guid Provider, Person Operator, Guid Offer, Guid Organization, Person Startup);
