using GpuGrants.Api.Access.Principals;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// A programme with a budget, an offer and rules under which requests are approved, held for review and denied; and startups that ask.
/// </summary>
internal sealed record CrashScene(FireClient Admin, Guid Programme, IReadOnlyList<FireClient> Startups)
{
    public required FireClient Operator { get; init; }

    public required Guid Offer { get; init; }

    /// <param name="http">Calls the service.</param>
    /// <param name="database">Has nobody yet.</param>
    /// <param name="startups">How many ask.</param>
    /// <param name="rules">The programme's quota rules; those that approve, review and deny when null.</param>
    /// <param name="terms">Further fields of the programme.</param>
    public static async Task<CrashScene> CreateAsync(
        HttpClient http,
        string database,
        int startups,
        object[]? rules = null,
        object? terms = null
    )
    {
        await using var source = NpgsqlDataSource.Create(database);
        var (clientId, secret) = (await Bootstrap.CreateAdministratorAsync(source, FireClock.Right))!.Value;
        var admin = new FireClient(http, clientId, secret);
        await admin.PostAsync(
            "/v1/gpu-models",
            new
            {
                id = "h100",
                name = "H100",
                gpuClass = "datacenter",
                memoryGib = 80,
                vendor = "NVIDIA",
            }
        );
        var programme = Guid.Parse(
            (await admin.PostAsync("/v1/programmes", terms ?? new { name = "Starter", timeZone = "UTC" }))["id"]!.GetValue<string>()
        );
        await admin.PostAsync($"/v1/programmes/{programme}/fund", new { credits = 1_000_000, reason = "A sponsor pays" });
        var provider = (await admin.PostAsync("/v1/providers", new { name = "Han Cloud", country = "KR" }))["id"]!.GetValue<string>();
        var @operator = Client(http, (await admin.PostAsync($"/v1/providers/{provider}/operators", new { name = "Operator" }))["client"]!);
        var offer = await @operator.PostAsync(
            "/v1/offers",
            new
            {
                programmeId = programme,
                providerId = provider,
                gpuModel = "h100",
                region = "kr-central",
                capacityGpuHours = 1_000_000,
                rate = 1,
                maxGpus = 64,
            }
        );
        var accepted = await admin.TryPostAsync($"/v1/offers/{offer["id"]}/accept", new { }, null, "\"1\"");
        if (accepted?.Status != System.Net.HttpStatusCode.OK)
            throw new InvalidOperationException($"The offer was not accepted: {accepted?.Text}");
        var policy = await admin.PostAsync(
            "/v1/quota-policies",
            new
            {
                programmeId = programme,
                name = "Rules",
                document = new { rules = rules ?? Rules() },
            }
        );
        var published = await admin.TryPostAsync($"/v1/quota-policies/{policy["id"]}/publish", new { }, null, "\"1\"");
        if (published?.Status != System.Net.HttpStatusCode.OK)
            throw new InvalidOperationException($"The policy was not published: {published?.Text}");
        var clients = new List<FireClient>();
        for (var i = 0; i < startups; i++)
            clients.Add(
                Client(
                    http,
                    (
                        await admin.PostAsync(
                            "/v1/organizations",
                            new
                            {
                                kind = "startup",
                                name = $"Startup {i}",
                                country = "KR",
                                ownerName = "Owner",
                            }
                        )
                    )["ownerClient"]!
                )
            );
        return new CrashScene(admin, programme, clients) { Operator = @operator, Offer = Guid.Parse(offer["id"]!.GetValue<string>()) };
    }

    private static FireClient Client(HttpClient http, System.Text.Json.Nodes.JsonNode made) =>
        new(http, made["clientId"]!.GetValue<string>(), made["clientSecret"]!.GetValue<string>());

    private static object[] Rules() =>
        [
            new
            {
                id = "lifetime",
                measure = "gpu-hours-granted",
                subject = new { level = "organization" },
                window = new { kind = "lifetime" },
                limit = new { gpuHours = "4000" },
                outcome = "deny",
            },
            new
            {
                id = "per-month",
                measure = "gpu-hours-granted",
                subject = new { level = "organization" },
                window = new { kind = "calendar", unit = "month" },
                limit = new { gpuHours = "5000" },
                outcome = "deny",
            },
            new
            {
                id = "per-request",
                measure = "gpu-hours-granted",
                subject = new { level = "organization" },
                window = new { kind = "per-request" },
                limit = new { gpuHours = "8" },
                outcome = "review",
            },
        ];
}
