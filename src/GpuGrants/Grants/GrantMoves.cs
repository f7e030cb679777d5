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
    /// <param name="isWhole">Whether the grant itself and its GPUs go too.</param>
    /// <param name="beside">What is left beside the parts.</param>
    /// <returns>One fact for each part; none is about more than it.</returns>
    public static IReadOnlyList<QuotaFact> Out(
        DateTimeOffset at,
        GrantLife life,
        IReadOnlyList<GrantPart> parts,
        Func<GpuTime, Credits> costOf,
        bool isWhole = true,
        GpuTime beside = default
    )
    {
        var facts = new List<QuotaFact>();
        var outstanding = SumOf(parts) + beside;
        foreach (var (index, part) in parts.Index().Reverse())
        {
            var fact = QuotaFact.MovedOut(at, part.CountsAt, part.Time, costOf(part.Time), isWhole && index == 0);
            facts.Add(fact.Of(life, outstanding));
            outstanding -= part.Time;
        }

        return facts;
    }

    /// <summary>Everything that is left counts with another life, the grant itself first.</summary>
    /// <param name="at">The moment.</param>
    /// <param name="life">The grant's life from now on.</param>
    /// <param name="parts">As for <see cref="Out"/>.</param>
    /// <param name="costOf">What time costs.</param>
    /// <param name="isWhole">Whether the grant itself counts. It does not where only a part of it stays, or enters another.</param>
    /// <param name="beside">What counts already beside the parts.</param>
    /// <returns>One fact for each part.</returns>
    public static IReadOnlyList<QuotaFact> In(
        DateTimeOffset at,
        GrantLife life,
        IReadOnlyList<GrantPart> parts,
        Func<GpuTime, Credits> costOf,
        bool isWhole = true,
        GpuTime beside = default
    )
    {
        var facts = new List<QuotaFact>();
        var outstanding = beside;
        foreach (var (index, part) in parts.Index())
        {
            var fact = QuotaFact.MovedIn(at, part.CountsAt, part.Time, costOf(part.Time), isWhole && index == 0);
            facts.Add(fact.Of(life, outstanding));
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

    /// <summary>Divides what is left. Use is taken from the award first, so what stays for it is the earliest.</summary>
    /// <param name="parts">All that is left: the award first, then what was added to it.</param>
    /// <param name="stays">How much stays; at most all.</param>
    /// <returns>What stays, which is empty for no time, and what goes, which begins with the award.</returns>
    public static (IReadOnlyList<GrantPart> Stays, IReadOnlyList<GrantPart> Goes) Divide(IReadOnlyList<GrantPart> parts, GpuTime stays)
    {
        var (kept, goes) = (new List<GrantPart>(), new List<GrantPart>());
        foreach (var part in parts)
        {
            var here = part.Time < stays ? part.Time : stays;
            stays -= here;
            if (!here.IsZero)
                kept.Add(part with { Time = here });
            if (goes.Count == 0 || here < part.Time)
                goes.Add(part with { Time = part.Time - here });
        }

        return (kept, goes);
    }

    /// <summary>All parts together.</summary>
    public static GpuTime SumOf(IReadOnlyList<GrantPart> parts) => GpuTime.FromSeconds(parts.Sum(part => part.Time.Seconds));
}
