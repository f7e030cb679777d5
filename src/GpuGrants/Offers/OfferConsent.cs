using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>
/// What a programme accepted of an offer. Within it the provider acts alone; what goes beyond it waits for the programme.
/// </summary>
public sealed record OfferConsent
{
    /// <summary>The most GPU time that the provider may put up in all, whatever was withdrawn meanwhile.</summary>
    public required GpuTime Capacity { get; init; }

    /// <summary>Until when the offer may serve; null for no end.</summary>
    public required DateTimeOffset? EndsAt { get; init; }

    /// <summary>Every rate that the offer charged or will charge, by consent.</summary>
    public required IReadOnlyList<DatedRate> Rates { get; init; }

    /// <summary>Whether the offer may charge the rate: it charges as much, or more, at that moment or charged it before.</summary>
    public bool CoversRate(DatedRate asked) => Rates.Any(one => one.EffectiveFrom <= asked.EffectiveFrom && one.Rate >= asked.Rate);

    /// <summary>Whether the provider may put up this much GPU time in all.</summary>
    public bool CoversCapacity(GpuTime total) => total <= Capacity;

    /// <summary>Whether the offer may serve until then; null for no end.</summary>
    public bool CoversEnd(DateTimeOffset? end) => EndsAt is null || end <= EndsAt;
}
