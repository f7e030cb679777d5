namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>
/// A place in the history of one tree. Facts are numbered under the tree's lock, so nothing comes later in front of a place.
/// </summary>
/// <param name="EventSequence">The number of the event.</param>
/// <param name="Ordinal">The fact's place in it.</param>
public readonly record struct FactPosition(long EventSequence, int Ordinal)
{
    /// <summary>In front of all facts.</summary>
    public static FactPosition Beginning { get; } = new(long.MinValue, 0);
}

/// <summary>What one stored row says.</summary>
/// <param name="At">Where it is.</param>
/// <param name="Facts">What happened.</param>
/// <param name="Context">By which it is counted.</param>
public sealed record FactSlice(FactPosition At, IReadOnlyList<QuotaFact> Facts, QuotaContext Context);
