using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Json;
using GpuGrants.Api.Requests.Rulings;

namespace GpuGrants.Api.Requests;

/// <summary>A request for GPU time.</summary>
public sealed record RequestBody : INewAskBody
{
    /// <summary>The organization that asks; members of only one organization may leave it out.</summary>
    public Guid? OrganizationId { get; init; }

    public Guid? ProjectId { get; init; }

    /// <summary>The programme; when left out, the service picks one for which the organization is eligible.</summary>
    public Guid? ProgrammeId { get; init; }

    /// <summary>A quote of your own. It says what is asked for and from when to when, so these fields are left out.</summary>
    public Guid? QuoteId { get; init; }

    /// <summary>GPU-hours in steps of 0.01: 2 GPUs for an hour are 2. A quote and reserved GPUs say it themselves.</summary>
    public decimal? GpuHours { get; init; }

    /// <summary>GPUs to use at once; 1 when left out.</summary>
    public int? Gpus { get; init; }

    /// <summary>pooled (hours within the dates, charged by use) when left out; reserved for GPUs of your own, charged by time.</summary>
    public string? Mode { get; init; }

    /// <summary>Acceptable GPU models; any when empty.</summary>
    public string[]? GpuModels { get; init; }

    /// <summary>GPU memory that is needed, in GiB.</summary>
    public int? MinGpuMemoryGib { get; init; }

    public string? Region { get; init; }

    /// <summary>What you would also take, in order: each is decided where none before it is approved. At most 4.</summary>
    public FallbackBody[]? Fallbacks { get; init; }

    /// <summary>What it is for, in a few words.</summary>
    public string? Purpose { get; init; }

    /// <summary>Days until the grant expires and unused hours return; 30 when left out.</summary>
    public int? DurationDays { get; init; }

    /// <summary>When it should start; at once when left out.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>Lower-case words that quota rules may name, such as a hackathon's.</summary>
    public string[]? Tags { get; init; }

    /// <summary>Your own name for it, by which lists find it. It does not have to be unique.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Your own notes on it: at most 20 short texts under names of yours. No rule reads them.</summary>
    public Dictionary<string, string>? Metadata { get; init; }

    bool IAskBody.NeedsHours => QuoteId is null && Mode != GrantMode.Reserved;

    /// <summary>The checked body as a draft.</summary>
    internal RequestDraft ToDraft() => AskTime.DraftOf(this);

    /// <summary>The checked fallbacks, as drafts like the first.</summary>
    internal RequestDraft[] FallbacksOf(RequestDraft draft) => Fallbacks is null ? [] : [.. Fallbacks.Select(one => one.Change(draft))];
}

/// <summary>Another ask that would do.</summary>
public sealed record FallbackBody
{
    /// <summary>GPU models that are acceptable then.</summary>
    public string[]? GpuModels { get; init; }

    /// <summary>GPU-hours then, such as twice as many of a slower model; those of the request when left out.</summary>
    public decimal? GpuHours { get; init; }

    /// <summary>GPUs to use at once then; those of the request when left out.</summary>
    public int? Gpus { get; init; }

    internal RequestDraft Change(RequestDraft draft) =>
        (draft with { GpuModels = GpuModels!, Time = Wire.Time(GpuHours) ?? draft.Time, Gpus = Gpus ?? draft.Gpus }).Whole(
            GpuHours is not null
        );
}

/// <summary>Changes of an open request, which keep what they leave out.</summary>
public sealed record AmendBody : IAskBody
{
    public decimal? GpuHours { get; init; }

    public int? Gpus { get; init; }

    public string[]? GpuModels { get; init; }

    public int? MinGpuMemoryGib { get; init; }

    public string? Region { get; init; }

    public string? Purpose { get; init; }

    public int? DurationDays { get; init; }

    /// <summary>All tags as they are to be.</summary>
    public string[]? Tags { get; init; }

    internal RequestDraft Change(RequestDraft draft) => Stated(draft).Whole(GpuHours is not null);

    private RequestDraft Stated(RequestDraft draft) =>
        draft with
        {
            Time = Wire.Time(GpuHours) ?? draft.Time,
            Gpus = Gpus ?? draft.Gpus,
            GpuModels = GpuModels ?? draft.GpuModels,
            MinGpuMemoryGib = MinGpuMemoryGib ?? draft.MinGpuMemoryGib,
            Region = Region ?? draft.Region,
            Purpose = Purpose ?? draft.Purpose,
            Duration = DurationDays is { } days ? TimeSpan.FromDays(days) : draft.Duration,
            Tags = Tags ?? draft.Tags,
        };
}

/// <summary>What a request's fields need. Building the rules costs more than checking a body, so there is one of it.</summary>
internal sealed class RequestValidator : NewAskValidator<RequestBody>
{
    public const int DefaultDurationDays = 30;
    private const int MaxFallbacks = 4;

    public RequestValidator(TimeProvider clock)
        : base(clock)
    {
        When(
            body => body.QuoteId is not null,
            () =>
            {
                const string Quoted = "The quote says it. Leave it out, or ask without the quote.";
                RuleFor(body => body.GpuHours).Null().WithMessage(Quoted);
                RuleFor(body => body.Gpus).Null().WithMessage(Quoted);
                RuleFor(body => body.Mode).Null().WithMessage(Quoted);
                RuleFor(body => body.GpuModels).Null().WithMessage(Quoted);
                RuleFor(body => body.MinGpuMemoryGib).Null().WithMessage(Quoted);
                RuleFor(body => body.Region).Null().WithMessage(Quoted);
                RuleFor(body => body.DurationDays).Null().WithMessage(Quoted);
                RuleFor(body => body.StartsAt).Null().WithMessage(Quoted);
                RuleFor(body => body.Fallbacks).Null().WithMessage(Quoted);
            }
        );
        RuleFor(body => body.ExternalId).ExternalId();
        RuleFor(body => body.Metadata).Notes();
        RuleFor(body => body.Fallbacks)
            .Bound(new Bounds { MaxItems = MaxFallbacks }, fallbacks => fallbacks is null || fallbacks.Length <= MaxFallbacks)
            .WithMessage($"State at most {MaxFallbacks} fallbacks.");
        RuleForEach(body => body.Fallbacks).NotNull().WithMessage("State GPU models.").SetValidator(new FallbackValidator()!);
    }
}

/// <summary>What a fallback's fields need.</summary>
internal sealed class FallbackValidator : AbstractValidator<FallbackBody>
{
    public FallbackValidator()
    {
        RuleFor(body => body.GpuModels).NotEmpty().WithMessage("State the GPU models that are acceptable then.");
        RuleFor(body => body.GpuModels).Slugs(Rules.MaxWords).WithMessage(Rules.WordsAdvice);
        RuleFor(body => body.GpuHours).GpuHours(required: false).WithMessage(AskBounds.Time);
        RuleFor(body => body.Gpus).Between(1, 1_024).WithMessage(AskBounds.Gpus);
    }
}

/// <summary>What dates of an ask need.</summary>
internal static class AskRules
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(366);

    /// <summary>A start lies between now and a year ahead.</summary>
    public static IRuleBuilderOptions<T, DateTimeOffset?> StartOfAsk<T>(this IRuleBuilder<T, DateTimeOffset?> rule, TimeProvider clock) =>
        rule.Must(start => start is null || (start > clock.GetUtcNow() - Patience && start < clock.GetUtcNow() + Horizon))
            .WithMessage("State a moment from now to a year ahead, or leave it out to start at once.");
}

/// <summary>What an amendment's fields need.</summary>
internal sealed class AmendValidator : AskValidator<AmendBody>
{
    public AmendValidator()
        : base(isNew: false)
    {
        RuleFor(body => body).Must(body => body != new AmendBody()).WithName("body").WithMessage("State at least one change.");
    }
}
