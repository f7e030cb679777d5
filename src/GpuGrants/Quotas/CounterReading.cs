namespace GpuGrants.Quotas;

/// <summary>What a counter says about the window at one moment.</summary>
/// <param name="Used">Counted for good, in the measure's unit.</param>
/// <param name="Held">Kept for requests under review.</param>
/// <param name="Carried">Brought in from earlier windows: adds to the limit.</param>
/// <param name="WindowStartMs">Null when the window has no beginning, or has not begun.</param>
/// <param name="ResetsAtMs">When something stops to count next; null when time alone changes nothing.</param>
public readonly record struct CounterReading(long Used, long Held, long Carried, long? WindowStartMs, long? ResetsAtMs);
