using System.Text.Json.Serialization;

namespace GpuGrants.Requests;

/// <summary>One reason why a request was not approved as asked, in words for the applicant and in fields for programs.</summary>
public sealed record Reason
{
    /// <summary>Stable name of the rule that spoke, such as <c>budget-exhausted</c>.</summary>
    public required string Code { get; init; }

    /// <summary>In English: the rule in the first sentence, then the numbers and the next step.</summary>
    public required string Message { get; init; }

    /// <summary>The same in Korean.</summary>
    public required string MessageKo { get; init; }

    /// <summary>The field of the request that the reason is about, by its JSON name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Field { get; init; }

    /// <summary>What would pass, as the value the field would need.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? WouldPass { get; init; }

    /// <summary>Whether the same request may pass later without a change of rules.</summary>
    public required bool Retryable { get; init; }

    /// <summary>The rule alone, for those who decide and take other steps than the applicant.</summary>
    [JsonIgnore]
    public string Rule => First(Message);

    /// <summary>The same in Korean.</summary>
    [JsonIgnore]
    public string RuleKo => First(MessageKo);

    private static string First(string message) =>
        message.IndexOf(". ", StringComparison.Ordinal) is var end and > 0 ? message[..(end + 1)] : message;
}
