using GpuGrants.Units;

namespace GpuGrants.Grants;

/// <summary>A part of what a grant has left, and the moment in whose quota windows it counts.</summary>
/// <param name="CountsAt">Of the award, or of a later addition.</param>
/// <param name="Time">Neither used nor returned.</param>
public readonly record struct GrantPart(DateTimeOffset CountsAt, GpuTime Time);

/// <summary>
/// What counters hear when a grant gets other dates, other GPUs or other people: what is left of it stops counting as it was, and counts as
/// it is now. Each part stays in the windows in which it counts, so nothing is counted twice and nothing is lost.
/// </summary>
public static class GrantMoves
{
    /// <summary>Everything that is left stops counting, the latest part first and the grant itself last.</summary>
    /// <param name="at">The moment.</param>
    /// <param name="life">The grant's life so far.</param>
    /// <param name="parts">All that is left: the award first, then what was added to it.</param>
    /// <param name="costOf">What time costs.</param>
    /// <returns>At least one fact; none is about more than a part.</returns>
    public static IReadOnlyList<QuotaFact> Out(
        DateTimeOffset at,
        GrantLife life,
        IReadOnlyList<GrantPart> parts,
        Func<GpuTime, Credits> costOf
    )
    {
        var facts = new List<QuotaFact>();
        var outstanding = SumOf(parts);
        foreach (var (index, part) in parts.Index().Reverse())
        {
            facts.Add(QuotaFact.MovedOut(at, part.CountsAt, part.Time, costOf(part.Time), isWhole: index == 0).Of(life, outstanding));
            outstanding -= part.Time;
        }

        return facts;
    }

    /// <summary>Everything that is left counts with another life, the grant itself first.</summary>
    /// <param name="at">The moment.</param>
    /// <param name="life">The grant's life from now on.</param>
    /// <param name="parts">As for <see cref="Out"/>.</param>
    /// <param name="costOf">What time costs.</param>
    /// <returns>At least one fact.</returns>
    public static IReadOnlyList<QuotaFact> In(
        DateTimeOffset at,
        GrantLife life,
        IReadOnlyList<GrantPart> parts,
        Func<GpuTime, Credits> costOf
    )
    {
        var facts = new List<QuotaFact>();
        var outstanding = GpuTime.Zero;
        foreach (var (index, part) in parts.Index())
        {
            facts.Add(QuotaFact.MovedIn(at, part.CountsAt, part.Time, costOf(part.Time), isWhole: index == 0).Of(life, outstanding));
            outstanding += part.Time;
        }

        return facts;
    }

    /// <summary>A running grant gives GPUs back. What ran on them before may still be reported, so its life keeps them.</summary>
    /// <param name="at">The moment.</param>
    /// <param name="countsAt">That of the award.</param>
    /// <param name="gpus">How many; 0 for none.</param>
    /// <returns>At most one fact.</returns>
    public static IReadOnlyList<QuotaFact> GivenBack(DateTimeOffset at, DateTimeOffset countsAt, int gpus) =>
        gpus == 0 ? [] : [QuotaFact.GpusGivenBack(at, countsAt, gpus)];

    /// <summary>Undoes <see cref="GivenBack"/>, right before the grant stops counting with all GPUs of its life.</summary>
    public static IReadOnlyList<QuotaFact> TakenAgain(DateTimeOffset at, DateTimeOffset countsAt, int gpus) =>
        gpus == 0 ? [] : [QuotaFact.GpusTakenAgain(at, countsAt, gpus)];

    private static GpuTime SumOf(IReadOnlyList<GrantPart> parts) => GpuTime.FromSeconds(parts.Sum(part => part.Time.Seconds));
}
