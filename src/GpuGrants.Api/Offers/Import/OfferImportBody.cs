using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.Offers.Import;

/// <summary>A price list to import.</summary>
public sealed record OfferImportBody
{
    /// <summary>The programme that the offers serve.</summary>
    public Guid? ProgrammeId { get; init; }

    /// <summary>GPU-hours that each new offer can give once the programme accepts it.</summary>
    public decimal? CapacityGpuHours { get; init; }

    /// <summary>What a US dollar is in credits; 1 when left out.</summary>
    public decimal? CreditsPerUsd { get; init; }

    /// <summary>
    /// The list: a line of names first (provider, instance_type, gpu_model, gpu_memory_gib, gpus, vcpus, memory_gib, usd_per_hour, region),
    /// then at most 500 lines.
    /// </summary>
    public string? Csv { get; init; }
}

/// <summary>What an import needs.</summary>
internal sealed class OfferImportValidator : AbstractValidator<OfferImportBody>
{
    public const int MaxLines = 500;

    private const int MaxCsv = 60_000;

    public OfferImportValidator()
    {
        RuleFor(body => body.ProgrammeId).NotNull().WithMessage("Name the programme that the offers serve.");
        RuleFor(body => body.CapacityGpuHours).GpuHours(zero: true).WithMessage("State GPU-hours from 0 to 100,000,000 in steps of 0.01.");
        RuleFor(body => body.CreditsPerUsd)
            .Bound(
                new Bounds
                {
                    Min = 0.001m,
                    Max = 1_000,
                    Step = 0.001m,
                },
                credits => credits is not { } value || (value is >= 0.001m and <= 1_000 && value * 1_000 == decimal.Truncate(value * 1_000))
            )
            .WithMessage("State 0.001 to 1,000 credits with at most three decimals.");
        RuleFor(body => body.Csv).Text(MaxCsv);
    }
}

/// <summary>What came of a price list.</summary>
public sealed record OfferImportView
{
    /// <summary>A report for each line, in the list's order.</summary>
    public required IReadOnlyList<ImportedLineView> Lines { get; init; }
}

/// <summary>What came of a line.</summary>
public sealed record ImportedLineView
{
    /// <summary>Its number in the list; the line of names is the first.</summary>
    public required int Line { get; init; }

    /// <summary>created, repriced, unchanged, model-proposed or refused.</summary>
    public required string Status { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? OfferId { get; init; }

    /// <summary>The model's id in the catalogue.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? GpuModel { get; init; }

    /// <summary>Credits per GPU-hour.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Rate { get; init; }

    /// <summary>The column at fault.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Column { get; init; }

    /// <summary>Why it was refused, or what has to happen first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }
}
