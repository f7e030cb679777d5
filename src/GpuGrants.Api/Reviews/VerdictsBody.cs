using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Requests;

namespace GpuGrants.Api.Reviews;

/// <summary>Verdicts on several requests in one call.</summary>
public sealed record VerdictsBody
{
    /// <summary>One for each request.</summary>
    public VerdictItemBody[]? Verdicts { get; init; }
}

/// <summary>A verdict on one request.</summary>
public sealed record VerdictItemBody
{
    public Guid? RequestId { get; init; }

    /// <summary>The request's version that you read: what <c>If-Match</c> says for a single verdict.</summary>
    public long? Version { get; init; }

    /// <summary>approve or deny.</summary>
    public string? Verdict { get; init; }

    /// <summary>Of an approval: what is approved; all that was asked for when left out.</summary>
    public decimal? GpuHours { get; init; }

    /// <summary>Of an approval: for the applicant.</summary>
    public string? Comment { get; init; }

    /// <summary>Of a denial: why, in words for the applicant.</summary>
    public string? Reason { get; init; }

    internal bool Approves => Verdict == VerdictsValidator.Approve;
}

/// <summary>What verdicts need.</summary>
internal sealed class VerdictsValidator : AbstractValidator<VerdictsBody>
{
    public const string Approve = "approve";
    public const int MaxVerdicts = 100;

    private const string Deny = "deny";

    public VerdictsValidator()
    {
        RuleFor(body => body.Verdicts)
            .Bound(
                new Bounds
                {
                    IsRequired = true,
                    MinItems = 1,
                    MaxItems = MaxVerdicts,
                },
                all => all is { Length: >= 1 and <= MaxVerdicts }
            )
            .WithMessage($"State 1 to {MaxVerdicts} verdicts.");
        RuleFor(body => body.Verdicts).Must(NameEachOnce).WithMessage("State one verdict for each request.");
        RuleForEach(body => body.Verdicts).NotNull().WithMessage("A verdict is an object.").SetValidator(new ItemValidator());
    }

    private static bool NameEachOnce(VerdictItemBody?[]? all) =>
        all is null || all.Select(one => one?.RequestId).OfType<Guid>().GroupBy(id => id).All(group => group.Count() == 1);

    private sealed class ItemValidator : AbstractValidator<VerdictItemBody>
    {
        public ItemValidator()
        {
            RuleFor(item => item.RequestId).Bound(new Bounds { IsRequired = true }, id => id is not null).WithMessage("Name the request.");
            RuleFor(item => item.Version)
                .Bound(new Bounds { IsRequired = true, Min = 1 }, version => version is >= 1)
                .WithMessage("State the request's version that you read.");
            RuleFor(item => item.Verdict).OneOf([Approve, Deny]);
            RuleFor(item => item.GpuHours).GpuHours(required: false).WithMessage(AskBounds.Time);
            RuleFor(item => item.Comment).Text(4_000, required: false);
            RuleFor(item => item.Reason).Text(2_000, required: false);
            RuleFor(item => item.Reason)
                .Must((item, reason) => item.Verdict != Deny || reason is not null)
                .WithMessage("Say why you deny it.");
            RuleFor(item => item.Reason)
                .Must((item, reason) => item.Verdict == Deny || reason is null)
                .WithMessage("Only a denial has a reason. Write a comment.");
            RuleFor(item => item.Comment)
                .Must((item, comment) => item.Verdict != Deny || comment is null)
                .WithMessage("Only an approval has a comment. Write a reason.");
            RuleFor(item => item.GpuHours)
                .Must((item, hours) => item.Verdict != Deny || hours is null)
                .WithMessage("Only an approval states GPU-hours.");
        }
    }
}
