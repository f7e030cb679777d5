using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Requests.Quotes;
using GpuGrants.Api.Requests.Rulings;

namespace GpuGrants.Api.Requests;

/// <summary>What a quote is asked for: the fields of a request, without what the request is for.</summary>
public sealed record QuoteBody : INewAskBody
{
    /// <summary>The organization that would ask; members of only one organization may leave it out.</summary>
    public Guid? OrganizationId { get; init; }

    public Guid? ProgrammeId { get; init; }

    /// <summary>GPU-hours in steps of 0.01: 2 GPUs for an hour are 2.</summary>
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

    /// <summary>Days from the start to the grant's end; 30 when left out. A quote that is used later gives a shorter grant.</summary>
    public int? DurationDays { get; init; }

    /// <summary>When the grant should start; at once when left out.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>For how many minutes the quote pins what it says; 60 when left out.</summary>
    public int? ValidMinutes { get; init; }

    string? IAskBody.Purpose => null;

    string[]? IAskBody.Tags => null;

    bool IAskBody.NeedsHours => Mode != GrantMode.Reserved;

    internal RequestDraft ToDraft() => AskTime.DraftOf(this);
}

/// <summary>What a quote's fields need.</summary>
internal sealed class QuoteValidator : NewAskValidator<QuoteBody>
{
    public const int DefaultMinutes = 60;

    public QuoteValidator(TimeProvider clock)
        : base(clock, hasPurpose: false)
    {
        RuleFor(body => body.ProgrammeId).NotNull().WithMessage("Name the programme. List them at /v1/programmes.");
        RuleFor(body => body.ValidMinutes).Between(1, QuoteOptions.MostMinutes).WithMessage("State 1 to 20,160 minutes.");
    }
}
