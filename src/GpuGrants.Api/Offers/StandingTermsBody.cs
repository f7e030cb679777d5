using FluentValidation;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.Offers;

/// <summary>Terms within which a programme accepts a provider's offers in advance.</summary>
public sealed record StandingTermsBody
{
    /// <summary>Whose offers they are for.</summary>
    public Guid? ProviderId { get; init; }

    /// <summary>The only GPU model that they are for.</summary>
    public string? GpuModel { get; init; }

    /// <summary>Regions that they are for; all when left out.</summary>
    public string[]? Regions { get; init; }

    /// <summary>The highest rate, in credits per GPU-hour.</summary>
    public decimal? MaxRate { get; init; }

    /// <summary>The most GPU-hours of all offers under these terms together.</summary>
    public decimal? CapacityGpuHours { get; init; }

    /// <summary>No offer serves before. At once when left out.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>No offer serves later. Offers may serve without an end when left out.</summary>
    public DateTimeOffset? EndsAt { get; init; }
}

/// <summary>What the fields of standing terms need.</summary>
internal sealed class StandingTermsValidator : AbstractValidator<StandingTermsBody>
{
    private const int MaxRegions = 100;

    public StandingTermsValidator(DateTimeOffset now)
    {
        RuleFor(body => body.ProviderId).NotNull().WithMessage("Name the provider.");
        RuleFor(body => body.GpuModel).Slug();
        RuleFor(body => body.Regions)
            .Slugs(MaxRegions)
            .WithMessage($"State at most {MaxRegions} different regions of lower-case letters, digits and hyphens, such as kr-central.");
        RuleFor(body => body.MaxRate).Rate().WithMessage(OfferValidator.RateRule);
        RuleFor(body => body.CapacityGpuHours).GpuHours().WithMessage(OfferValidator.HoursRule);
        RuleFor(body => body.EndsAt)
            .Must((body, end) => end is null || end > (body.StartsAt ?? now))
            .WithMessage("State an end after the start, and not in the past.");
    }
}
