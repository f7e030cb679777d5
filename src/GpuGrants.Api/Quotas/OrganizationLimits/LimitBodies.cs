using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.Quotas.OrganizationLimits;

/// <summary>A new limit of an organization on its own members or projects.</summary>
public sealed record OrganizationLimitBody
{
    /// <summary>What members read when it refuses them.</summary>
    public string? Title { get; init; }

    /// <summary>member or project.</summary>
    public string? Level { get; init; }

    /// <summary>Only this member or project; each of them when left out.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>What is counted, such as gpu-hours-granted.</summary>
    public string? Measure { get; init; }

    /// <summary>Over which time: per-request, concurrent, lifetime, hour, day, week, month, quarter or year.</summary>
    public string? Window { get; init; }

    /// <summary>The most, in the measure's unit: GPU-hours, credits or a count.</summary>
    public decimal? Limit { get; init; }

    /// <summary>Only GPUs of these models; all when left out.</summary>
    public string[]? GpuModels { get; init; }

    /// <summary>By whose clock days and months count, by its IANA name; UTC when left out.</summary>
    public string? TimeZone { get; init; }
}

/// <summary>A change of a limit: its next version.</summary>
public sealed record OrganizationLimitPatch
{
    /// <summary>What members read when it refuses them.</summary>
    [MayBeEmpty]
    public string? Title { get; init; }

    /// <summary>The most, in the measure's unit.</summary>
    public decimal? Limit { get; init; }

    /// <summary>ended: it limits nothing more.</summary>
    public string? Status { get; init; }
}

/// <summary>A limit of an organization on its own members or projects.</summary>
public sealed record OrganizationLimitView
{
    public required Guid Id { get; init; }

    public required Guid OrganizationId { get; init; }

    /// <summary>active or ended.</summary>
    public required string Status { get; init; }

    /// <summary>What members read when it refuses them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Title { get; init; }

    /// <summary>member or project.</summary>
    public required string Level { get; init; }

    /// <summary>Only this member or project; left out when it limits each.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? SubjectId { get; init; }

    /// <summary>What is counted.</summary>
    public required string Measure { get; init; }

    /// <summary>Over which time.</summary>
    public required string Window { get; init; }

    /// <summary>The most, in the unit.</summary>
    public required decimal Limit { get; init; }

    /// <summary><c>gpu-hours</c>, <c>credits</c> or <c>count</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>Only GPUs of these models; all when empty.</summary>
    public required IReadOnlyList<string> GpuModels { get; init; }

    /// <summary>By whose clock days and months count; UTC when left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TimeZone { get; init; }

    /// <summary>The texts that it had, the oldest first; in the answer about a single limit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<OrganizationLimitVersionView>? Versions { get; init; }

    /// <summary>For <c>If-Match</c>.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>One text of a limit.</summary>
/// <param name="Number">The number that decisions pin.</param>
/// <param name="Limit">The most, in the unit.</param>
/// <param name="EffectiveFrom">The moment from which it decided.</param>
/// <param name="AuthorId">The principal who made it.</param>
public sealed record OrganizationLimitVersionView(int Number, decimal Limit, DateTimeOffset EffectiveFrom, Guid AuthorId);

/// <summary>What a new limit needs.</summary>
internal sealed class OrganizationLimitValidator : AbstractValidator<OrganizationLimitBody>
{
    public OrganizationLimitValidator()
    {
        RuleFor(body => body.Title).Name(200, required: false);
        RuleFor(body => body.Level).OneOf(OrganizationLimit.Levels);
        RuleFor(body => body.Measure).OneOf([.. QuotaMeasure.All.Select(one => one.Word)]);
        RuleFor(body => body.Window).OneOf(OrganizationLimit.Windows);
        RuleFor(body => body.Limit)
            .Bound(new Bounds { IsRequired = true, Min = 0 }, limit => limit is >= 0)
            .WithMessage("State a limit of 0 or more.");
        RuleFor(body => body.GpuModels).Slugs(20);
        RuleFor(body => body.TimeZone).Text(100, required: false);
    }
}

/// <summary>What a change of a limit needs.</summary>
internal sealed class OrganizationLimitPatchValidator : AbstractValidator<OrganizationLimitPatch>
{
    public OrganizationLimitPatchValidator()
    {
        RuleFor(body => body.Title).Name(200, required: false);
        RuleFor(body => body.Limit)
            .Bound(new Bounds { Min = 0 }, limit => limit is null or >= 0)
            .WithMessage("State a limit of 0 or more, or leave it out.");
        RuleFor(body => body.Status).OneOf(["ended"], required: false);
    }
}
