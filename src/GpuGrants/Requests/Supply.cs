using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Requests;

/// <summary>The offer that would serve an award, and what is free for it: what the request itself holds counts as free.</summary>
/// <param name="Rate">The rate that the award would have.</param>
/// <param name="Capacity">What the offer can still promise.</param>
/// <param name="Budget">What the programme can still spend.</param>
public readonly record struct Supply(Offer Offer, Rate Rate, GpuTime Capacity, Credits Budget)
{
    /// <summary>Of an ask for reserved GPUs: the most of them that are free from start to end. Null for pooled hours.</summary>
    public int? ReservableGpus { get; init; }

    /// <summary>The most of an ask that passes.</summary>
    /// <param name="asked">What was asked for. The answer is never above it.</param>
    /// <param name="underQuotas">What quotas leave.</param>
    /// <returns>Whole steps of the wire format; zero when the offer serves no grant as small as that.</returns>
    public GpuTime MostOf(GpuTime asked, GpuTime underQuotas)
    {
        var most = Math.Min(Math.Min(asked.Seconds, underQuotas.Seconds), Capacity.Seconds);
        most = Math.Min(most, Rate.AffordableWith(Budget).Seconds);
        if (Offer.MaxSize is { } largest)
            most = Math.Min(most, largest.Seconds);
        var whole = GpuTime.FromSeconds(most).FloorToStep();
        // Reserved GPUs come whole or not at all.
        return whole < Offer.MinSize || (ReservableGpus is not null && whole < asked) ? GpuTime.Zero : whole;
    }
}
