using System.Text.Json;
using System.Text.Json.Serialization;
using FluentValidation;

namespace GpuGrants.Api.Usage;

/// <summary>A usage record as a CloudEvent 1.0. The event's id is the record's.</summary>
internal sealed record UsageEventBody
{
    public const string EventType = "gpugrants.usage";

    public string? Specversion { get; init; }

    public Guid? Id { get; init; }

    public string? Source { get; init; }

    public string? Type { get; init; }

    /// <summary>The record's other members.</summary>
    public UsageItemBody? Data { get; init; }

    /// <summary>Optional attributes and extensions, which say nothing that is charged.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; init; }
}

/// <summary>What an event needs so that it is one.</summary>
internal sealed class UsageEventValidator : AbstractValidator<UsageEventBody>
{
    public UsageEventValidator()
    {
        RuleFor(one => one.Specversion).Equal("1.0").WithMessage("State specversion 1.0.");
        RuleFor(one => one.Source).NotEmpty().WithMessage("State the event's source.");
        RuleFor(one => one.Type)
            .Equal(UsageEventBody.EventType)
            .WithMessage($"State type {UsageEventBody.EventType}. Events of other types are not taken.");
        RuleFor(one => one.Data)
            .Must(data => data is { Id: null })
            .WithMessage("State grantId, gpus, startedAt and endedAt in data. The record's id is the event's.");
    }
}
