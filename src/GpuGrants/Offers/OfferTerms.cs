using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>What a provider asks a programme to accept.</summary>
/// <param name="ProviderId">Who runs the GPUs.</param>
/// <param name="GpuModelId">Which GPUs, such as <c>h100</c>.</param>
/// <param name="Region">Where they are, such as <c>kr</c>.</param>
/// <param name="StartsAt">From when the offer serves.</param>
/// <param name="EndsAt">Until when it serves; null for no end.</param>
/// <param name="Rate">The highest rate that it would charge.</param>
/// <param name="More">The GPU time that it would add to what was accepted.</param>
/// <param name="SettlementSeconds">How long after a grant's end its usage is still charged, in seconds.</param>
/// <param name="ProviderApproves">Whether the provider would approve each grant itself.</param>
public sealed record OfferTerms(
    Guid ProviderId,
    string GpuModelId,
    string Region,
    DateTimeOffset StartsAt,
    DateTimeOffset? EndsAt,
    Rate Rate,
    GpuTime More,
    long SettlementSeconds,
    bool ProviderApproves
);
