using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>Usage records to charge, at most 10,000.</summary>
public sealed record UsageBody
{
    public UsageItemBody[]? Records { get; init; }
}

/// <summary>GPUs that somebody used under a grant between two moments.</summary>
public sealed record UsageItemBody
{
    /// <summary>The provider's own id of the record, a UUID, used once in a tree of programmes. Sent again, it is charged once.</summary>
    public Guid? Id { get; init; }

    public Guid? GrantId { get; init; }

    /// <summary>GPUs in use all the time between startedAt and endedAt, in steps of 0.001.</summary>
    public decimal? Gpus { get; init; }

    /// <summary>When the use began. A clock may be five minutes off.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the use ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>PostgreSQL keeps microseconds; a repetition has to compare equal.</summary>
    internal static DateTimeOffset ToMicroseconds(DateTimeOffset moment) => LedgerTime.Truncate(moment.ToUniversalTime());
}

/// <summary>The whole call; each record is judged on its own.</summary>
internal sealed class UsageValidator : AbstractValidator<UsageBody>
{
    public const int MaxRecords = 10_000;

    public UsageValidator() =>
        RuleFor(body => body.Records)
            .Bound(
                new Bounds
                {
                    IsRequired = true,
                    MinItems = 1,
                    MaxItems = MaxRecords,
                },
                records => records is { Length: >= 1 and <= MaxRecords }
            )
            .WithMessage(TooMany);

    public static string TooMany => $"State 1 to {MaxRecords} records.";
}

/// <summary>What a record needs so that it can be judged.</summary>
internal sealed class UsageItemValidator : AbstractValidator<UsageItemBody>
{
    public UsageItemValidator()
    {
        RuleFor(item => item.Id).NotNull().WithMessage("State the record's id, a UUID.");
        RuleFor(item => item.GrantId).NotNull().WithMessage("Name the grant.");
        RuleFor(item => item.Gpus).Gpus();
        RuleFor(item => item.StartedAt).NotNull().WithMessage("State when the use began.");
        RuleFor(item => item.EndedAt).NotNull().WithMessage("State when the use ended.");
    }
}

/// <summary>Rules that bodies about usage share.</summary>
internal static class UsageRules
{
    /// <summary>GPUs in use, in steps of 0.001.</summary>
    public static IRuleBuilderOptions<TBody, decimal?> Gpus<TBody>(this IRuleBuilder<TBody, decimal?> rule) =>
        rule.Bound(
                new Bounds
                {
                    IsRequired = true,
                    Min = 0.001m,
                    Max = UsageReading.MaxMilliGpus / (decimal)UsageReading.MilliPerGpu,
                    Step = 0.001m,
                },
                gpus => gpus is { } stated && UsageReading.TryFromGpus(stated, out _)
            )
            .WithMessage("State GPUs above 0 in steps of 0.001.");
}
