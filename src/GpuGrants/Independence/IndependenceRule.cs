namespace GpuGrants.Independence;

/// <summary>Nobody decides on what benefits a party whose people they belong to, or belonged to within a window.</summary>
public static class IndependenceRule
{
    /// <summary>Finds what stands against a decision.</summary>
    /// <param name="belongings">All of the person who decides, present and past.</param>
    /// <param name="parties">All that the decision benefits, whatever resource it is about.</param>
    /// <param name="at">The moment of the decision.</param>
    /// <param name="window">How long a past belonging counts.</param>
    /// <returns>The belonging that counts longest; null when the person is independent.</returns>
    public static Belonging? Conflict(
        IEnumerable<Belonging> belongings,
        IReadOnlyCollection<Party> parties,
        DateTimeOffset at,
        TimeSpan window
    ) =>
        belongings
            .Where(one => one.Counts(at, window) && parties.Any(party => party.Has(one)))
            .MaxBy(one => one.Until ?? DateTimeOffset.MaxValue);
}
