using System.Text.Json;
using GpuGrants.Benchmarks.Measuring;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>
/// Policies with the ten rules that match and any number of others that could have: same shapes, other tags, kinds, models, regions.
/// </summary>
internal static class ManyRules
{
    public static readonly Guid Root = Guid.Parse("01900000-0000-7000-8000-000000000001");

    /// <summary>The ten rules that match, as a document.</summary>
    public static string TenRulesDocument => JsonSerializer.Serialize(new { rules = TenRules.All }, Written);

    public static CompiledQuotas Compile(int rules)
    {
        var policies = new List<PublishedPolicy> { Published(1, TenRules.All) };
        for (var made = TenRules.All.Length; made < rules; made += TenRules.All.Length)
            policies.Add(Published(made, [.. Enumerable.Range(made, Math.Min(TenRules.All.Length, rules - made)).Select(Other)]));
        return CompiledQuotas.Compile(policies, []);
    }

    public static QuotaContext Context(int organization, DateTimeOffset now) =>
        new()
        {
            RootProgrammeId = Root,
            ProgrammePath = [Root],
            OrganizationId = new Guid(organization, 1, 7, 8, 0, 0, 0, 0, 0, 0, 1),
            OrganizationKind = "startup",
            OrganizationCreatedAt = now.AddDays(-100),
            OrganizationVerified = true,
            MemberId = new Guid(organization, 2, 7, 8, 0, 0, 0, 0, 0, 0, 1),
            GpuModelId = "h100",
            GpuClass = "datacenter",
            GpuMemoryGib = 80,
            Region = "kr",
            Gpus = 1,
            RequestedAt = now,
        };

    private static object Other(int number) =>
        new
        {
            id = $"other-{number}",
            measure = "gpu-hours-granted",
            subject = (number % 3) == 0
                ? (object)new { level = "organization", ids = (string[])[new Guid(-number, 1, 7, 8, 0, 0, 0, 0, 0, 0, 1).ToString()] }
                : new { level = "organization" },
            filter = (number % 3) switch
            {
                0 => (object?)null,
                1 => new { tags = (string[])[$"hackathon-{number}"] },
                _ => new { gpuModels = (string[])[$"model-{number}"] },
            },
            window = new { kind = "calendar", unit = "month" },
            limit = new { gpuHours = "100" },
            outcome = "deny",
        };

    private static PublishedPolicy Published(int number, object[] rules)
    {
        var policy = new PublishedPolicy
        {
            PolicyId = new Guid(number, 3, 7, 8, 0, 0, 0, 0, 0, 0, 1),
            Version = 1,
            Name = $"Policy {number}",
            ScopeProgrammeId = Root,
            TimeZone = "Asia/Seoul",
            EffectiveFrom = DateTimeOffset.MinValue,
            Document = null,
        }.WithStored(JsonSerializer.Serialize(new { rules }, Written));
        return policy.Unreadable is null ? policy : throw new InvalidOperationException(policy.Unreadable);
    }

    private static JsonSerializerOptions Written { get; } =
        new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };
}
