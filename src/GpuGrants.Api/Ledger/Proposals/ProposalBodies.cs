using FluentValidation;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.Ledger.Proposals;

/// <summary>Credits to move. Above the limit for one person they are held until a second one has approved.</summary>
public sealed record ProposalBody
{
    /// <summary>
    /// fund (new credits of a sponsor), transfer (from another programme's budget), write-off (to breakage) or correction (of a transfer).
    /// </summary>
    public string? Kind { get; init; }

    /// <summary>The programme that gets the credits; for a write-off, the programme that loses them. A correction leaves it out.</summary>
    public Guid? ProgrammeId { get; init; }

    /// <summary>The programme whose budget pays a transfer; other kinds leave it out.</summary>
    public Guid? FromProgrammeId { get; init; }

    /// <summary>The transfer to correct; other kinds leave it out.</summary>
    public Guid? CorrectsId { get; init; }

    public decimal? Credits { get; init; }

    /// <summary>Why, for the audit trail.</summary>
    public string? Reason { get; init; }
}

/// <summary>A second person's approval.</summary>
public sealed record ApproveProposalBody
{
    /// <summary>What to say to it, if anything, for the audit trail.</summary>
    public string? Comment { get; init; }
}

/// <summary>A second person's refusal.</summary>
public sealed record RejectProposalBody
{
    /// <summary>Why not, for the audit trail.</summary>
    public string? Reason { get; init; }
}

internal sealed class ProposalValidator : AbstractValidator<ProposalBody>
{
    public const string AmountRule = "State credits above 0 and up to 100,000,000,000 with at most three decimals.";

    public ProposalValidator()
    {
        RuleFor(body => body.Kind).OneOf(ProposalKinds.All);
        RuleFor(body => body.ProgrammeId)
            .Must((body, id) => id is not null == body.Kind is not ProposalKinds.Correction)
            .WithMessage("Name the programme; a correction leaves it out.");
        RuleFor(body => body.FromProgrammeId)
            .Must((body, id) => id is not null == body.Kind is ProposalKinds.Transfer)
            .WithMessage("Name the programme whose budget pays a transfer; other kinds leave it out.");
        RuleFor(body => body.CorrectsId)
            .Must((body, id) => id is not null == body.Kind is ProposalKinds.Correction)
            .WithMessage("Name the transfer to correct; other kinds leave it out.");
        RuleFor(body => body.Credits).Credits().WithMessage(AmountRule);
        RuleFor(body => body.Reason).Text(2_000);
    }
}

internal sealed class ApproveProposalValidator : AbstractValidator<ApproveProposalBody>
{
    public ApproveProposalValidator() => RuleFor(body => body.Comment).Text(4_000, required: false);
}

internal sealed class RejectProposalValidator : AbstractValidator<RejectProposalBody>
{
    public RejectProposalValidator() => RuleFor(body => body.Reason).Text(2_000);
}
