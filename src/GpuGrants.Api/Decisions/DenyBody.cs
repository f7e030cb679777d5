using FluentValidation;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.Decisions;

/// <summary>A denial.</summary>
public sealed record DenyBody
{
    /// <summary>Why, in words for the applicant.</summary>
    public string? Reason { get; init; }
}

/// <summary>What a denial needs.</summary>
internal sealed class DenyValidator : AbstractValidator<DenyBody>
{
    public DenyValidator() => RuleFor(body => body.Reason).Text(2_000);
}
