namespace GpuGrants.Trees;

/// <summary>
/// The moment at which a batch decides. It never runs backwards: not in a tree, and not in a counter, whichever tree its facts come from.
/// </summary>
/// <remarks>
/// Clocks of replicas differ, and a batch takes its clock before it waits for locks. So the trees that meet in one batch are moved to one
/// moment, which their rows store. Whoever counts in one of them next goes on from there.
/// </remarks>
public static class BusinessTime
{
    /// <summary>The least difference between two moments that are stored.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMicroseconds(1);

    /// <summary>The moment of one tree.</summary>
    /// <param name="clock">The clock, in whole steps.</param>
    /// <param name="latest">The latest moment of the tree so far.</param>
    public static DateTimeOffset Of(DateTimeOffset clock, DateTimeOffset latest) => clock > latest ? clock : latest;

    /// <summary>The moment of trees that meet in one batch.</summary>
    /// <param name="moments">Those of all of them, each by itself. At least one.</param>
    /// <param name="shared">The latest moments so far of those in which facts of several trees count.</param>
    /// <param name="isInOrder">
    /// Whether it matters in which order such facts are counted. Then the moment lies after all that the shared trees have counted, as a
    /// recount would not know the order of facts of different trees at one moment.
    /// </param>
    public static DateTimeOffset OfAll(IEnumerable<DateTimeOffset> moments, IEnumerable<DateTimeOffset> shared, bool isInOrder)
    {
        var at = moments.Max();
        if (!isInOrder)
            return at;
        foreach (var latest in shared)
            if (latest >= at)
                at = latest + Step;
        return at;
    }
}
