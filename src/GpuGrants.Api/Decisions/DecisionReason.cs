using System.Text.Json.Serialization;
using GpuGrants.Requests;

namespace GpuGrants.Api.Decisions;

/// <summary>One reason, in words for people and in fields for programs.</summary>
public sealed record DecisionReason
{
    /// <summary>Stable name of the rule that spoke, such as <c>budget-exhausted</c> or <c>quota-exceeded</c>.</summary>
    public required string Code { get; init; }

    /// <summary>One sentence in English.</summary>
    public required string Message { get; init; }

    /// <summary>The same in Korean; what a person wrote stays as it is.</summary>
    public required string MessageKo { get; init; }

    /// <summary>The request's field that it is about, by JSON name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Field { get; init; }

    /// <summary>The value that the field would need to pass.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? WouldPass { get; init; }

    /// <summary>The quota rule's evaluation, when a quota spoke.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EvaluationView? Quota { get; init; }

    /// <summary>Whether the same request may pass later without a change of rules.</summary>
    public required bool Retryable { get; init; }

    /// <summary>The reason of a condition of awards, as decisions store it.</summary>
    public static DecisionReason Of(Reason reason) =>
        new()
        {
            Code = reason.Code,
            Message = reason.Message,
            MessageKo = reason.MessageKo,
            Field = reason.Field,
            WouldPass = reason.WouldPass,
            Retryable = reason.Retryable,
        };
}
