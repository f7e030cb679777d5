using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>A new policy, with its first draft.</summary>
public sealed record PolicyBody
{
    /// <summary>The programme that it holds for, with those below; platform-wide when left out.</summary>
    public Guid? ProgrammeId { get; init; }

    public string? Name { get; init; }

    /// <summary>The policy document; its JSON Schema is in docs/quota-policy.schema.json.</summary>
    public JsonElement? Document { get; init; }
}

/// <summary>A policy's new draft.</summary>
public sealed record DraftBody
{
    public JsonElement? Document { get; init; }
}

/// <summary>When a draft takes effect, or a policy stops.</summary>
public sealed record PublishBody
{
    /// <summary>At once when left out; never in the past.</summary>
    public DateTimeOffset? EffectiveFrom { get; init; }
}

/// <summary>A named set of limits.</summary>
public sealed record PolicyView
{
    public required Guid Id { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ProgrammeId { get; init; }

    public required string Name { get; init; }

    /// <summary>Its versions, in the answer about a single policy; drafts only for administrators.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PolicyVersionView>? Versions { get; init; }

    /// <summary>What an author should know of rules that were published just now.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PolicyWarning>? Warnings { get; init; }

    /// <summary>For <c>If-Match</c>.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static PolicyView Of(QuotaPolicy row, IEnumerable<QuotaPolicyVersion>? versions) =>
        new()
        {
            Id = row.Id,
            ProgrammeId = row.ProgrammeId,
            Name = row.Name,
            Versions = versions is null ? null : [.. versions.OrderBy(version => version.Number).Select(PolicyVersionView.Of)],
            Version = row.Version,
            CreatedAt = row.CreatedAt,
        };
}

/// <summary>One text of a policy.</summary>
public sealed record PolicyVersionView
{
    public required int Number { get; init; }

    /// <summary>draft, published or retired.</summary>
    public required string Status { get; init; }

    public required JsonElement Document { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EffectiveFrom { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? RetiredFrom { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static PolicyVersionView Of(QuotaPolicyVersion row) =>
        new()
        {
            Number = row.Number,
            Status = row.Status,
            Document = JsonDocument.Parse(row.Document).RootElement,
            EffectiveFrom = row.EffectiveFrom,
            RetiredFrom = row.RetiredFrom,
            CreatedAt = row.CreatedAt,
        };
}
