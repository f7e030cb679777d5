namespace GpuGrants.Usage;

/// <summary>Where the time of a record counts, before and after a correction: in each list at least one span, in order.</summary>
/// <param name="Before">Where it counted.</param>
/// <param name="After">Where it counts from now on.</param>
/// <param name="IsExcused">Whether an outage took parts out, and all else stays where it is.</param>
public sealed record CorrectedParts(IReadOnlyList<UsageSpan> Before, IReadOnlyList<UsageSpan> After, bool IsExcused)
{
    /// <summary>Whether only the difference counts anew: the time is the same, or it only lost parts.</summary>
    public bool IsOneChange => IsExcused || Before.SequenceEqual(After);

    /// <summary>Where time stops counting: the parts that an outage took out, else where the record counted.</summary>
    public IReadOnlyList<UsageSpan> Freed =>
        IsExcused && Before.SelectMany(one => one.Without(After)).ToList() is { Count: > 0 } lost ? lost : Before;
}
