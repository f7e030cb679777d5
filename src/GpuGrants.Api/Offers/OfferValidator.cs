using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Offers;
using GpuGrants.Usage;

namespace GpuGrants.Api.Offers;

/// <summary>What an offer's fields need.</summary>
internal sealed class OfferValidator : AbstractValidator<OfferBody>
{
    public const string HoursRule = "State GPU-hours above 0 and up to 100,000,000 in steps of 0.01.";
    private const int MaxCountries = 300;
    public const string RateRule = "State 0 to 1,000 credits per GPU-hour with at most three decimals.";

    public OfferValidator(bool isNew, DateTimeOffset now)
    {
        RuleFor(body => body.MinGpuHours).GpuHours(required: false, zero: true).WithMessage(HoursRule);
        RuleFor(body => body.MaxGpuHours).GpuHours(required: false).WithMessage(HoursRule);
        RuleFor(body => body.MaxGpuHours)
            .Must((body, max) => max is null || body.MinGpuHours is null || max >= body.MinGpuHours)
            .WithMessage("State a largest grant that is not below the smallest.");
        RuleFor(body => body.MaxGpus).Between(1, 100_000).WithMessage("State 1 to 100,000 GPUs.");
        RuleFor(body => body.SettlementHours).Between(0, Settlement.MaxHours).WithMessage($"State 0 to {Settlement.MaxHours} hours.");
        RuleFor(body => body.Interconnect).Slug(required: false);
        RuleFor(body => body.GpusPerNode).Between(1, 1_024).WithMessage("State 1 to 1,024 GPUs.");
        RuleFor(body => body.Tags).Slugs(Rules.MaxWords).WithMessage(Rules.WordsAdvice);
        RuleFor(body => body.EligibleKinds).KindList();
        RuleFor(body => body.EligibleCountries).CountryList(MaxCountries);
        RuleFor(body => body.Connection).Text(ConnectionText.MaxLength, required: false);
        RuleFor(body => body.Connection)
            .Must(text => text is null || ConnectionText.FindMistake(text) is null)
            .WithMessage(body => MistakeOf(body.Connection!));
        RuleFor(body => body.EndsAt)
            .Must((body, end) => end is null || end > (body.StartsAt ?? now))
            .WithMessage("State an end after the start, and not in the past.");
        RuleFor(body => body.Status).OneOf(["open", "paused", "ended"], required: false);
        this.HasOwnNames(isNew);
        if (isNew)
            ForNew();
        else
            ForChange();
    }

    private static string MistakeOf(string text) =>
        ConnectionText.FindMistake(text) is "{{" or null
            ? "Close each {{ with }}."
            : $"A grant has no value {{{{{ConnectionText.FindMistake(text)}}}}}. State one of: {string.Join(", ", ConnectionText.Names)}.";

    private void ForNew()
    {
        RuleFor(body => body.ProgrammeId).NotNull().WithMessage("Name the programme that the offer serves.");
        RuleFor(body => body.ProviderId).NotNull().WithMessage("Name the provider.");
        RuleFor(body => body.GpuModel).Slug();
        RuleFor(body => body.Region).Slug();
        RuleFor(body => body.CapacityGpuHours).GpuHours(zero: true).WithMessage("State GPU-hours from 0 to 100,000,000 in steps of 0.01.");
        RuleFor(body => body.Rate).Rate().WithMessage(RateRule);
        RuleFor(body => body.Status).Null().WithMessage("Leave the status out: the programme decides whether a new offer opens.");
    }

    private void ForChange()
    {
        const string Kept = "This field cannot change. Put up another offer.";
        RuleFor(body => body.ProgrammeId).Null().WithMessage(Kept);
        RuleFor(body => body.ProviderId).Null().WithMessage(Kept);
        RuleFor(body => body.GpuModel).Null().WithMessage(Kept);
        RuleFor(body => body.Region).Null().WithMessage(Kept);
        RuleFor(body => body.StartsAt).Null().WithMessage(Kept);
        RuleFor(body => body.CapacityGpuHours).Null().WithMessage("Change the capacity with add-capacity or withdraw-capacity.");
        RuleFor(body => body.Rate).Null().WithMessage("Set a new rate at /v1/offers/{id}/rates.");
    }
}

/// <summary>What more or less capacity needs.</summary>
internal sealed class CapacityValidator : AbstractValidator<CapacityBody>
{
    public CapacityValidator() => RuleFor(body => body.GpuHours).GpuHours().WithMessage(OfferValidator.HoursRule);
}

/// <summary>What a tranche needs.</summary>
internal sealed class TrancheValidator : AbstractValidator<TrancheBody>
{
    private const string GpusRule = "State 1 to 100,000 GPUs.";
    private const string HourRule = "State a full hour of UTC, such as 2027-01-01T09:00:00Z.";

    public TrancheValidator(DateTimeOffset now)
    {
        RuleFor(body => body.Gpus).NotNull().WithMessage(GpusRule);
        RuleFor(body => body.Gpus).Between(1, Tranche.MaxGpus).WithMessage(GpusRule);
        RuleFor(body => body.StartsAt).Must(start => start is null || Tranche.IsFullHour(start.Value)).WithMessage(HourRule);
        RuleFor(body => body.EndsAt).Must(end => end is not null && Tranche.IsFullHour(end.Value)).WithMessage(HourRule);
        RuleFor(body => body.EndsAt)
            .Must(
                (body, end) => end is null || (end > now && end < now + Tranche.Horizon && (body.StartsAt is null || end > body.StartsAt))
            )
            .WithMessage("State an end after the start, in the future and at most three years ahead.");
    }
}

/// <summary>What a withdrawal of GPUs needs.</summary>
internal sealed class TrancheWithdrawalValidator : AbstractValidator<TrancheWithdrawalBody>
{
    public TrancheWithdrawalValidator()
    {
        RuleFor(body => body.Gpus).NotNull().WithMessage("State 1 to 100,000 GPUs.");
        RuleFor(body => body.Gpus).Between(1, Tranche.MaxGpus).WithMessage("State 1 to 100,000 GPUs.");
    }
}

/// <summary>What a rejection needs.</summary>
internal sealed class OfferRejectionValidator : AbstractValidator<OfferRejectionBody>
{
    public OfferRejectionValidator() => RuleFor(body => body.Reason).Text(2_000);
}
