using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>
/// Where the time that a record charges counts: evenly over those parts of its time that can be charged. Whatever takes back a part of the
/// record takes back what counted in that part, and leaves the others as they are.
/// </summary>
public static class UsageParts
{
    /// <summary>Divides charged time by the length of the spans over which it counts.</summary>
    /// <param name="spans">In order; none is empty, and there is at least one.</param>
    /// <param name="time">Whole GPU-seconds.</param>
    /// <returns>Parts of a second or more, which add up to the whole. Each edge is rounded down by itself.</returns>
    public static IEnumerable<(UsageSpan Span, GpuTime Time)> Of(IReadOnlyList<UsageSpan> spans, GpuTime time)
    {
        var all = spans.Sum(span => span.LengthMs);
        var (passed, before) = (0L, 0L);
        foreach (var span in spans)
        {
            passed += span.LengthMs;
            var until = (long)((Int128)time.Seconds * passed / all);
            if (until > before)
                yield return (span, GpuTime.FromSeconds(until - before));
            before = until;
        }
    }

    /// <summary>
    /// Joins what several records charge in one cell, and what they charge in the same time. What a correction takes back of a record then
    /// lies where it counted.
    /// </summary>
    /// <param name="parts">Where the records count, and how much.</param>
    /// <param name="cellMs">The length of cells in which all uses count together; null when only uses of the same time do.</param>
    public static IEnumerable<(UsageSpan Span, GpuTime Time)> Together(IEnumerable<(UsageSpan Span, GpuTime Time)> parts, long? cellMs) =>
        parts
            .GroupBy(part =>
            {
                var (span, cell) = (part.Span, cellMs ?? 1);
                var (first, last) = (span.FromMs / cell, (span.ToMs - 1) / cell);
                return first == last && cellMs is not null ? new UsageSpan(first, last) : span;
            })
            .Select(group =>
                (
                    new UsageSpan(group.Min(part => part.Span.FromMs), group.Max(part => part.Span.ToMs)),
                    GpuTime.FromSeconds(group.Sum(part => part.Time.Seconds))
                )
            );

    /// <summary>What a record still charges when less of its time can be charged: what counted in the parts that are left.</summary>
    /// <param name="charged">What it charged, exactly.</param>
    /// <param name="milliGpus">Its thousandths of a GPU.</param>
    /// <param name="beforeMs">How much of its time could be charged before.</param>
    /// <param name="afterMs">How much of it is left.</param>
    /// <returns>Rounded down to the GPU-microsecond. Exact when all of its time was charged.</returns>
    public static MeteredTime Left(MeteredTime charged, int milliGpus, long beforeMs, long afterMs)
    {
        var most = (Int128)milliGpus * afterMs;
        var share = beforeMs == 0 ? most : (Int128)charged.GpuMicroseconds * afterMs / beforeMs;
        return MeteredTime.FromMicroseconds((long)Int128.Min(most, share));
    }
}
