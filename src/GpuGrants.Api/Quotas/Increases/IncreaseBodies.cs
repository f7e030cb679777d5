using FluentValidation;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.Quotas.Increases;

/// <summary>Somebody asks for a higher limit.</summary>
public sealed record IncreaseBody
{
    public Guid? PolicyId { get; init; }

    /// <summary>The rule's id in its policy.</summary>
    public string? RuleId { get; init; }

    /// <summary>The limit that you want, in the rule's unit: GPU-hours, credits or a count.</summary>
    public decimal? Limit { get; init; }

    /// <summary>What you need it for.</summary>
    public string? Reason { get; init; }

    /// <summary>The organization that asks; needed when you belong to several.</summary>
    public Guid? OrganizationId { get; init; }

    /// <summary>The project, for a rule that limits each project.</summary>
    public Guid? ProjectId { get; init; }
}

/// <summary>An approval of a higher limit, in full or in part.</summary>
public sealed record ApproveIncreaseBody
{
    /// <summary>The limit that is granted; the one that was asked for when left out.</summary>
    public decimal? Limit { get; init; }

    /// <summary>For the applicant.</summary>
    public string? Comment { get; init; }
}

/// <summary>What a request for a higher limit needs.</summary>
internal sealed class IncreaseValidator : AbstractValidator<IncreaseBody>
{
    public IncreaseValidator()
    {
        RuleFor(body => body.PolicyId).NotNull().WithMessage("Name the policy.");
        RuleFor(body => body.RuleId).Text(100);
        RuleFor(body => body.Limit)
            .Bound(
                new Bounds
                {
                    IsRequired = true,
                    Min = 0,
                    IsMinExcluded = true,
                },
                limit => limit is > 0
            )
            .WithMessage("State the limit that you want, more than 0.");
        RuleFor(body => body.Reason).Text(2_000);
    }
}

/// <summary>What an approval of a higher limit needs.</summary>
internal sealed class ApproveIncreaseValidator : AbstractValidator<ApproveIncreaseBody>
{
    public ApproveIncreaseValidator()
    {
        RuleFor(body => body.Limit)
            .Bound(new Bounds { Min = 0, IsMinExcluded = true }, limit => limit is null or > 0)
            .WithMessage("State a limit of more than 0, or leave it out.");
        RuleFor(body => body.Comment).Text(4_000, required: false);
    }
}
