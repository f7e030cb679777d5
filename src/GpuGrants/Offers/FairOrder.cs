namespace GpuGrants.Offers;

/// <summary>
/// The order of a programme that shares its grants among providers. The provider comes first of whose GPU time the smallest part is
/// promised. Offers of one provider, and of providers with the same part, follow each other by rate and then by id.
/// </summary>
public static class FairOrder
{
    /// <summary>Sorts offers that suit.</summary>
    /// <param name="matches">Offers that suit.</param>
    /// <param name="all">All offers that the programme draws on: what a provider promised on any of them counts.</param>
    /// <param name="available">What an offer can still promise, in GPU-seconds.</param>
    public static void Sort(List<OfferMatching.Match> matches, IEnumerable<Offer> all, Func<Offer, long> available)
    {
        var shares = new Dictionary<Guid, PromisedShare>();
        foreach (var offer in all)
        {
            var capacity = offer.Capacity.Seconds;
            var promised = Math.Clamp(capacity - available(offer), 0, capacity);
            shares[offer.ProviderId] = shares.GetValueOrDefault(offer.ProviderId).Plus(promised, capacity);
        }

        matches.Sort(
            (a, b) =>
                shares.GetValueOrDefault(a.Offer.ProviderId).CompareTo(shares.GetValueOrDefault(b.Offer.ProviderId))
                    is var byShare
                        and not 0
                    ? byShare
                    : OfferMatching.ByPrice(a, b)
        );
    }
}

/// <summary>The part of a provider's GPU time that is promised.</summary>
/// <param name="Promised">GPU-seconds that are promised, at most <paramref name="Capacity"/>.</param>
/// <param name="Capacity">GPU-seconds put up.</param>
public readonly record struct PromisedShare(long Promised, long Capacity) : IComparable<PromisedShare>
{
    /// <summary>The share with one offer more.</summary>
    public PromisedShare Plus(long promised, long capacity) => new(Promised + promised, Capacity + capacity);

    /// <summary>Compares as fractions, exactly. Who put up nothing has promised all of it.</summary>
    public int CompareTo(PromisedShare other)
    {
        var (mine, others) = (this, other);
        if (mine.Capacity == 0 || others.Capacity == 0)
            return (mine.Capacity == 0).CompareTo(others.Capacity == 0);
        return ((Int128)mine.Promised * others.Capacity).CompareTo((Int128)others.Promised * mine.Capacity);
    }

    /// <summary>Whether the left share is smaller.</summary>
    public static bool operator <(PromisedShare left, PromisedShare right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left share is larger.</summary>
    public static bool operator >(PromisedShare left, PromisedShare right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left share is at most the right.</summary>
    public static bool operator <=(PromisedShare left, PromisedShare right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left share is at least the right.</summary>
    public static bool operator >=(PromisedShare left, PromisedShare right) => left.CompareTo(right) >= 0;
}
