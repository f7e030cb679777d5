using FluentValidation;
using GpuGrants.Api.Http.Bodies;
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

    /// <summary>The GPU time of a checked body.</summary>
    public static GpuTime Of(decimal? hours, int? gpus, int? days, string? mode)
    {
        if (mode == GrantMode.Reserved)
            return GpuTime.Of(gpus ?? 1, TimeSpan.FromDays(days ?? RequestValidator.DefaultDurationDays));
        GpuTime.TryFromHours(hours!.Value, out var time);
        return time;
    }

    /// <summary>The GPU time of checked hours, or what it is when they are left out.</summary>
    public static GpuTime Or(decimal? hours, GpuTime otherwise) =>
        hours is { } stated && GpuTime.TryFromHours(stated, out var time) ? time : otherwise;

    /// <summary>
    /// Whether stated hours are those of the reserved GPUs. The numbers may be out of bounds here, and a decimal holds any product of them.
    /// </summary>
    public static bool Fits(decimal? hours, int? gpus, int? days, string? mode) =>
        mode != GrantMode.Reserved || hours is null || hours == 24m * (gpus ?? 1) * (days ?? RequestValidator.DefaultDurationDays);
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
