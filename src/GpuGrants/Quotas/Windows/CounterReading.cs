namespace GpuGrants.Quotas.Windows;

/// <summary>
/// What a counter says about the window at one moment. Read for each rule of each decision, so it is as small as it can be.
/// </summary>
/// <param name="Used">Counted for good, in the measure's unit.</param>
/// <param name="Held">Kept for requests under review, and under a limit on use for grants that may still use it.</param>
/// <param name="Carried">Brought in from earlier windows: adds to the limit.</param>
/// <param name="WindowStartMs">In milliseconds since 1970 UTC; <see cref="Never"/> when the window has no beginning, or has not
/// begun.</param>
/// <param name="ResetsAtMs">When something stops to count next; <see cref="Never"/> when time alone changes nothing.</param>
public readonly record struct CounterReading(long Used, long Held, long Carried, long WindowStartMs, long ResetsAtMs)
{
    /// <summary>Stands for no moment.</summary>
    public const long Never = long.MinValue;

    /// <summary>Nothing counted, in a window without bounds.</summary>
    public static CounterReading None { get; } = new(0, 0, 0, Never, Never);

    /// <summary>What a limit leaves of the window, with what earlier windows left; never less than zero.</summary>
    internal long Left(long limit) => Math.Max(0, limit + Carried - Used - Held);
}
