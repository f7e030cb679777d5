using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Json;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests;

/// <summary>The fields that a request states and that an amendment may change.</summary>
internal interface IAskBody
{
    decimal? GpuHours { get; }

    int? Gpus { get; }

    string[]? GpuModels { get; }

    int? MinGpuMemoryGib { get; }

    string? Region { get; }

    string? Purpose { get; }

    int? DurationDays { get; }

    string[]? Tags { get; }

    /// <summary>Whether hours have to be stated: neither a quote nor reserved GPUs say how many.</summary>
    bool NeedsHours => true;
}

/// <summary>The fields of a new ask besides.</summary>
internal interface INewAskBody : IAskBody
{
    string? Mode { get; }

    DateTimeOffset? StartsAt { get; }
}

/// <summary>What the service says of a bound that others state too.</summary>
internal static class AskBounds
{
    public const string Time = "State GPU-hours from 0.01 to 100,000,000 in steps of 0.01.";
    public const string Gpus = "State 1 to 1,024 GPUs.";
}

/// <summary>Hours of an ask, or of the GPUs that it reserves.</summary>
internal static class AskTime
{
    public const string Rule = "Reserved GPUs are granted whole: GPUs times duration. State that, or leave the hours out.";

    /// <summary>The draft of a checked body that asks for something new. The hours of reserved GPUs follow from the others.</summary>
    public static RequestDraft DraftOf(INewAskBody body) =>
        new RequestDraft
        {
            Time = Wire.Time(body.GpuHours) ?? GpuTime.Zero,
            IsReserved = body.Mode == GrantMode.Reserved,
            Gpus = body.Gpus ?? 1,
            GpuModels = body.GpuModels ?? [],
            MinGpuMemoryGib = body.MinGpuMemoryGib,
            Region = body.Region,
            Purpose = body.Purpose ?? "",
            Tags = body.Tags ?? [],
            StartsAt = body.StartsAt,
            Duration = TimeSpan.FromDays(body.DurationDays ?? RequestValidator.DefaultDurationDays),
        }.Whole(isStated: false);

    /// <summary>
    /// Whether stated hours are those of the reserved GPUs. The numbers may be out of bounds here, and a decimal holds any product of them.
    /// </summary>
    public static bool Fits(INewAskBody body) =>
        body.Mode != GrantMode.Reserved
        || body.GpuHours is null
        || body.GpuHours == 24m * (body.Gpus ?? 1) * (body.DurationDays ?? RequestValidator.DefaultDurationDays);
}

/// <summary>The bounds of those fields.</summary>
internal abstract class AskValidator<TBody> : AbstractValidator<TBody>
    where TBody : IAskBody
{
    /// <param name="isNew">Whether hours and purpose have to be stated; an amendment keeps what it leaves out.</param>
    /// <param name="hasPurpose">Whether there is a purpose at all.</param>
    protected AskValidator(bool isNew, bool hasPurpose = true)
    {
        RuleFor(body => body.GpuHours).GpuHours(required: isNew).When(body => body.NeedsHours).WithMessage(AskBounds.Time);
        RuleFor(body => body.Gpus).Between(1, 1_024).WithMessage(AskBounds.Gpus);
        RuleFor(body => body.GpuModels).Slugs(Rules.MaxWords).WithMessage(Rules.WordsAdvice);
        RuleFor(body => body.MinGpuMemoryGib).Between(1, 4_096).WithMessage("State 1 to 4,096 GiB.");
        RuleFor(body => body.Region).Slug(required: false);
        RuleFor(body => body.Purpose).Text(2_000, required: isNew && hasPurpose);
        RuleFor(body => body.DurationDays).Between(1, 730).WithMessage("State 1 to 730 days.");
        RuleFor(body => body.Tags).Slugs(Rules.MaxWords).WithMessage(Rules.WordsAdvice);
    }
}

/// <summary>The same of a new ask, with its mode and start.</summary>
internal abstract class NewAskValidator<TBody> : AskValidator<TBody>
    where TBody : INewAskBody
{
    /// <param name="clock">No ask starts in the past.</param>
    /// <param name="hasPurpose">Whether there is a purpose at all.</param>
    protected NewAskValidator(TimeProvider clock, bool hasPurpose = true)
        : base(isNew: true, hasPurpose)
    {
        RuleFor(body => body.StartsAt).StartOfAsk(clock);
        RuleFor(body => body.Mode).OneOf([GrantMode.Pooled, GrantMode.Reserved], required: false);
        RuleFor(body => body.GpuHours).Must((body, _) => AskTime.Fits(body)).WithMessage(AskTime.Rule);
    }
}
