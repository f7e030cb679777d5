using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>Terms within which a programme accepts a provider's offers without asking anybody again.</summary>
public sealed record StandingTerms
{
    /// <summary>The longest settlement period that terms accept: a day. A longer one needs a person.</summary>
    public const long MaxSettlementSeconds = 86_400;

    /// <summary>Whose offers they are for.</summary>
    public required Guid ProviderId { get; init; }

    /// <summary>The only GPU model that they are for.</summary>
    public required string GpuModelId { get; init; }

    /// <summary>Regions that they are for; empty for all.</summary>
    public required IReadOnlyList<string> Regions { get; init; }

    /// <summary>The highest rate that an offer may charge.</summary>
    public required Rate MaxRate { get; init; }

    /// <summary>The most GPU time of all offers under these terms together.</summary>
    public required GpuTime Capacity { get; init; }

    /// <summary>GPU time that was accepted under these terms so far.</summary>
    public required GpuTime Taken { get; init; }

    /// <summary>No offer serves before.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>No offer serves later; null for no end.</summary>
    public required DateTimeOffset? EndsAt { get; init; }

    /// <summary>False once somebody ended them.</summary>
    public required bool IsActive { get; init; }

    /// <summary>
    /// Whether an offer lies within the terms with all that it asks for. People decide whether a provider approves grants itself.
    /// </summary>
    public bool Admit(OfferTerms asked) =>
        IsActive
        && asked.ProviderId == ProviderId
        && asked.GpuModelId == GpuModelId
        && (Regions.Count == 0 || Regions.Contains(asked.Region))
        && asked.Rate <= MaxRate
        && asked.More.Seconds <= Capacity.Seconds - Taken.Seconds
        && asked.SettlementSeconds <= MaxSettlementSeconds
        && !asked.ProviderApproves
        && asked.StartsAt >= StartsAt
        && (EndsAt is null || asked.EndsAt <= EndsAt);
}
