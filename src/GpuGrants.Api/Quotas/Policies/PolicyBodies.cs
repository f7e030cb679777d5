using System.Text.Json;
using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Http.Bodies;

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

/// <summary>A document to check.</summary>
public sealed record ValidateBody
{
    /// <summary>The programme that it would hold for, with those below; the whole platform when left out.</summary>
    public Guid? ProgrammeId { get; init; }

    public JsonElement? Document { get; init; }
}

/// <summary>When a draft takes effect, or a policy stops.</summary>
public sealed record PublishBody
{
    /// <summary>At once when left out; never in the past.</summary>
    public DateTimeOffset? EffectiveFrom { get; init; }
}

/// <summary>What a new policy needs.</summary>
internal sealed class PolicyBodyValidator : AbstractValidator<PolicyBody>
{
    internal const string DocumentRule = "State the policy document, a JSON object.";
    private const int MaxName = 200;

    public PolicyBodyValidator()
    {
        RuleFor(body => body.Name).Name(MaxName);
        RuleFor(body => body.Document).NotNull().WithMessage(DocumentRule);
    }
}

/// <summary>What a draft needs.</summary>
internal sealed class DraftBodyValidator : AbstractValidator<DraftBody>
{
    public DraftBodyValidator() => RuleFor(body => body.Document).NotNull().WithMessage(PolicyBodyValidator.DocumentRule);
}

/// <summary>A document to check may be missing: the answer says so.</summary>
internal sealed class ValidateBodyValidator : AbstractValidator<ValidateBody>;

/// <summary>Nothing has to be stated.</summary>
internal sealed class PublishBodyValidator : AbstractValidator<PublishBody>;

/// <summary>A named set of limits.</summary>
public sealed record PolicyView
{
    public required Guid Id { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ProgrammeId { get; init; }

    public required string Name { get; init; }

    /// <summary>The number of the version that is in force now; left out while none is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? VersionInForce { get; init; }

    /// <summary>Its versions, in the answer about a single policy; drafts only for administrators.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PolicyVersionView>? Versions { get; init; }

    /// <summary>What an author should know of rules that were published just now.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PolicyWarning>? Warnings { get; init; }

    /// <summary>For <c>If-Match</c>.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    public static PolicyView Of(
        QuotaPolicy row,
        IEnumerable<QuotaPolicyVersion>? versions,
        IReadOnlyDictionary<Guid, DeciderView>? publishers = null
    ) =>
        new()
        {
            Id = row.Id,
            ProgrammeId = row.ProgrammeId,
            Name = row.Name,
            Versions = versions is null
                ? null
                : [.. versions.OrderBy(version => version.Number).Select(version => PolicyVersionView.Of(version, publishers))],
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
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

    /// <summary>When somebody published it; left out for a draft.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? PublishedAt { get; init; }

    /// <summary>Who published it; for reviewers and administrators of the policy's programme, where a single policy is read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DeciderView? Publisher { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static PolicyVersionView Of(QuotaPolicyVersion row, IReadOnlyDictionary<Guid, DeciderView>? publishers) =>
        new()
        {
            Number = row.Number,
            Status = row.Status,
            Document = JsonDocument.Parse(row.Document).RootElement,
            EffectiveFrom = row.EffectiveFrom,
            RetiredFrom = row.RetiredFrom,
            PublishedAt = row.PublishedAt,
            Publisher = row.PublishedBy is { } publisher ? publishers?.GetValueOrDefault(publisher) : null,
            CreatedAt = row.CreatedAt,
        };
}
