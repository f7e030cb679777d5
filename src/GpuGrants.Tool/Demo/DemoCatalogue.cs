using System.Text.Json.Nodes;
using GpuGrants.Client;

namespace GpuGrants.Tool.Demo;

/// <summary>
/// A small catalogue to walk through: real GPU models at list prices of 2025, two nested programmes, three providers, organizations and
/// rules.
/// </summary>
internal sealed class DemoCatalogue(Uri address, GpuGrantsClient admin)
{
    private static readonly (string Id, string Name, string Class, int Memory)[] Models =
    [
        ("l4", "NVIDIA L4", "inference", 24),
        ("a10", "NVIDIA A10", "inference", 24),
        ("a6000", "NVIDIA RTX A6000", "workstation", 48),
        ("a100-80gb", "NVIDIA A100 80 GB", "datacenter", 80),
        ("h100-80gb", "NVIDIA H100 80 GB", "datacenter", 80),
    ];

    /// <summary>Provider, country, region, model, credits per GPU-hour (1 credit is worth 1 US dollar here), GPU-hours.</summary>
    private static readonly (string Provider, string Country, string Region, string Model, decimal Rate, decimal Hours)[] Offers =
    [
        ("Hanbit Cloud", "KR", "kr-central", "a10", 1.29m, 400m),
        ("Hanbit Cloud", "KR", "kr-central", "a100-80gb", 2.00m, 300m),
        ("Nordlys Compute", "NO", "no-north", "a6000", 0.50m, 600m),
        ("Nordlys Compute", "NO", "no-north", "a100-80gb", 1.79m, 40m),
        ("Sierra GPU", "US", "us-west", "h100-80gb", 2.49m, 200m),
        ("Sierra GPU", "US", "us-west", "l4", 0.44m, 500m),
    ];

    private static readonly string[] SmallKinds = ["startup", "individual", "student", "nonprofit", "school", "university"];
    private static readonly string[] StudentKinds = ["student", "school"];

    public Guid National { get; private set; }

    public Guid Schools { get; private set; }

    public Dictionary<string, (Guid Id, ClientCredentials Client)> Organizations { get; } = [];

    public Dictionary<string, (Guid Id, ClientCredentials Client)> Providers { get; } = [];

    public ClientCredentials Reviewer { get; private set; } = new("", "");

    public async Task LoadAsync()
    {
        foreach (var (id, name, gpuClass, memory) in Models)
            await admin.PostAsync<JsonObject>(
                "/v1/gpu-models",
                new
                {
                    id,
                    name,
                    gpuClass,
                    memoryGib = memory,
                    vendor = "NVIDIA",
                }
            );
        // Before any programme opens, so that no limit can be had several times by one person.
        await PublishAsync(null, "Everybody", PeopleRules);
        await ProgrammesAsync();
        await OffersAsync();
        await PoliciesAsync();
        foreach (var (kind, name) in People)
            await OrganizationAsync(kind, name);
        Reviewer = Credentials(
            (
                await admin.PostAsync<JsonObject>(
                    $"/v1/programmes/{National}/members",
                    new { name = "Reviewer Kim", role = "programme-reviewer" }
                )
            )["client"]!
        );
    }

    private static readonly (string Kind, string Name)[] People =
    [
        ("startup", "Hangang Robotics"),
        ("individual", "Lone developer Mina"),
        ("student", "Student Ravi"),
        ("nonprofit", "Open Maps"),
        ("enterprise", "Grand Steel"),
    ];

    private async Task ProgrammesAsync()
    {
        National = await IdAsync(
            "/v1/programmes",
            new
            {
                name = "National starter credit",
                sponsor = "Ministry of Science",
                timeZone = "Asia/Seoul",
                eligibleKinds = SmallKinds,
            }
        );
        await admin.PostAsync<JsonObject>(
            $"/v1/programmes/{National}/fund",
            new { credits = 1_500m, reason = "First tranche of the sponsor's budget" }
        );
        Schools = await IdAsync(
            "/v1/programmes",
            new
            {
                name = "Students and schools",
                parentId = National,
                timeZone = "Asia/Seoul",
                eligibleKinds = StudentKinds,
            }
        );
        await admin.PostAsync<JsonObject>(
            $"/v1/programmes/{Schools}/fund",
            new
            {
                credits = 100m,
                fromProgrammeId = National,
                reason = "A share for students",
            }
        );
    }

    private async Task OffersAsync()
    {
        foreach (var (provider, country, region, model, rate, hours) in Offers)
        {
            if (!Providers.TryGetValue(provider, out var known))
                known = Providers[provider] = await ProviderAsync(provider, country);
            using var provides = new GpuGrantsClient(address, known.Client);
            var offer = await provides.PostAsync<JsonObject>(
                "/v1/offers",
                new
                {
                    programmeId = National,
                    providerId = known.Id,
                    gpuModel = model,
                    region,
                    capacityGpuHours = hours,
                    rate,
                }
            );
            await admin.PostAsync<JsonObject>($"/v1/offers/{offer["id"]}/accept", new { }, version: 1);
        }
    }

    private async Task<(Guid Id, ClientCredentials Client)> ProviderAsync(string name, string country)
    {
        var id = await IdAsync("/v1/providers", new { name, country });
        return (
            id,
            Credentials(
                (await admin.PostAsync<JsonObject>($"/v1/providers/{id}/operators", new { name = $"Operator of {name}" }))["client"]!
            )
        );
    }

    private static object[] PeopleRules =>
        [
            Rule(
                "200-a-month-per-person",
                "gpu-hours-granted",
                new { level = "person" },
                new { kind = "calendar", unit = "month" },
                new { gpuHours = "200" },
                "deny",
                "200 GPU-hours per person and month"
            ),
            Rule(
                "five-active-grants-per-person",
                "active-grants",
                new { level = "person" },
                new { kind = "concurrent" },
                new { count = 5 },
                "deny",
                "Five active grants per person"
            ),
        ];

    private async Task PoliciesAsync()
    {
        await PublishAsync(
            National,
            "Starter rules",
            [
                Rule(
                    "at-most-200-a-request",
                    "gpu-hours-granted",
                    new { level = "organization" },
                    new { kind = "per-request" },
                    new { gpuHours = "200" },
                    "deny",
                    "No request above 200 GPU-hours"
                ),
                Rule(
                    "above-40-a-person-looks",
                    "gpu-hours-granted",
                    new { level = "organization" },
                    new { kind = "per-request" },
                    new { gpuHours = "40" },
                    "review",
                    "Requests above 40 GPU-hours need a review"
                ),
                Rule(
                    "100-a-month",
                    "gpu-hours-granted",
                    new { level = "organization" },
                    new { kind = "calendar", unit = "month" },
                    new { gpuHours = "100" },
                    "deny",
                    "100 GPU-hours per organization and month"
                ),
                Rule(
                    "three-active-grants",
                    "active-grants",
                    new { level = "organization" },
                    new { kind = "concurrent" },
                    new { count = 3 },
                    "deny",
                    "Three active grants at a time"
                ),
            ]
        );
        await PublishAsync(
            Schools,
            "Student credit",
            [
                Rule(
                    "20-once",
                    "gpu-hours-granted",
                    new { level = "organization" },
                    new { kind = "lifetime" },
                    new { gpuHours = "20" },
                    "deny",
                    "20 GPU-hours per student, once"
                ),
            ]
        );
    }

    private async Task PublishAsync(Guid? programme, string name, object[] rules)
    {
        var made = await admin.PostAsync<JsonObject>(
            "/v1/quota-policies",
            new
            {
                programmeId = programme,
                name,
                document = new { description = name, rules },
            }
        );
        await admin.PostAsync<JsonObject>($"/v1/quota-policies/{made["id"]}/publish", new { }, version: 1);
    }

    private static object Rule(string id, string measure, object subject, object window, object limit, string outcome, string title) =>
        new
        {
            id,
            title,
            measure,
            subject,
            window,
            limit,
            outcome,
        };

    private async Task OrganizationAsync(string kind, string name)
    {
        var made = await admin.PostAsync<JsonObject>(
            "/v1/organizations",
            new
            {
                kind,
                name,
                country = "KR",
                ownerName = $"Owner of {name}",
            }
        );
        Organizations[name] = (Guid.Parse(made["id"]!.GetValue<string>()), Credentials(made["ownerClient"]!));
    }

    private async Task<Guid> IdAsync(string path, object body) =>
        Guid.Parse((await admin.PostAsync<JsonObject>(path, body))["id"]!.GetValue<string>());

    private static ClientCredentials Credentials(JsonNode client) =>
        new(client["clientId"]!.GetValue<string>(), client["clientSecret"]!.GetValue<string>());
}
