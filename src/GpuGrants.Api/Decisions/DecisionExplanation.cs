using System.Text.Json.Serialization;

namespace GpuGrants.Api.Decisions;

/// <summary>Why a decision is as it is, as stored with it.</summary>
public sealed record DecisionExplanation
{
    public static DecisionExplanation None { get; } = new() { Reasons = [] };

    /// <summary>Every reason against an approval as asked; empty when there was none.</summary>
    public required IReadOnlyList<DecisionReason> Reasons { get; init; }

    /// <summary>For operators, never shown to applicants.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Internal { get; init; }

    /// <summary>
    /// Offers that were tried and do not serve it; null for none. A dry run has the programme's other open ones too, up to 50, unless the
    /// organization may not ask at all.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PassedOffer>? PassedOver { get; init; }

    /// <summary>What the request would also take, in order, the ask itself first; null where it states no fallback.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TriedAsk>? Tried { get; init; }
}

/// <summary>An offer that does not serve a request.</summary>
/// <param name="Code">Stable name of the reason.</param>
/// <param name="Message">One sentence in English.</param>
/// <param name="MessageKo">The same in Korean.</param>
public sealed record PassedOffer(Guid OfferId, string Code, string Message, string MessageKo);

/// <summary>One of several asks of a request, with what the rules said to it.</summary>
/// <param name="GpuSeconds">GPU time asked for.</param>
/// <param name="Gpus">GPUs to use at once.</param>
/// <param name="GpuModels">Acceptable models; empty for any.</param>
/// <param name="Verdict">approved, review or denied; null for one that was not needed.</param>
/// <param name="Reasons">Why it was not approved.</param>
public sealed record TriedAsk(
    long GpuSeconds,
    int Gpus,
    IReadOnlyList<string> GpuModels,
    string? Verdict,
    IReadOnlyList<DecisionReason> Reasons
);
