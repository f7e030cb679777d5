using GpuGrants.Units;

namespace GpuGrants.Quotas.Deciding;

/// <summary>
/// Under a limit on use, the window that leaves a request the least, among all that its dates overlap. In a window a request counts at most
/// what its GPUs can use there.
/// </summary>
/// <param name="Reading">What counts in that window already.</param>
/// <param name="Requested">What the request would add to it, in GPU-seconds.</param>
/// <param name="IsCapped">Whether no amount of time breaches the limit: the GPUs cannot use more than is left in any window.</param>
internal readonly record struct TightestWindow(CounterReading Reading, long Requested, bool IsCapped)
{
    /// <summary>Finds it.</summary>
    /// <param name="signature">What the rule counts: a measure that counts what is outstanding.</param>
    /// <param name="counter">The subject's counter; null when nothing was counted yet.</param>
    /// <param name="present">What counts in the present window.</param>
    /// <param name="ask">A request whose dates are known.</param>
    /// <param name="limit">In GPU-seconds, without what earlier windows left.</param>
    public static TightestWindow Find(RuleSignature signature, QuotaCounter? counter, CounterReading present, in QuotaAsk ask, long limit)
    {
        var asked = OutstandingTime.Of(ask.Life!.Value, GpuTime.MaxSeconds);
        if (signature.Clock is not CycleClock clock)
            return Of(present, asked.MostIn(signature.Clock.LongestMs), ask.Time.Seconds, limit);
        var known = clock.WindowsOf(asked.FromMs, asked.ToMs);
        // Of too many windows, the request counts with all of its time in each. Only those in which something counts can be tighter.
        var windows = known ?? counter?.WindowsFrom(clock, present.WindowStartMs) ?? [];
        TightestWindow? tightest = known is null ? Of(present, asked.Seconds, ask.Time.Seconds, limit) : null;
        foreach (var window in windows)
        {
            // Other dates leave what may have been used before as it was.
            if (ask.Part == AskedPart.Dates && window.StartMs < present.WindowStartMs)
                continue;
            var reading =
                window.StartMs == present.WindowStartMs ? present
                : counter is null ? new CounterReading(0, 0, 0, window.StartMs, window.EndMs)
                : IsForgotten(counter, window.StartMs, present) ? new CounterReading(limit, 0, 0, window.StartMs, window.EndMs)
                : counter.Read(window);
            var most = known is null ? asked.Seconds : asked.MostWithin(window.StartMs, window.EndMs);
            var one = Of(reading, most, ask.Time.Seconds, limit);
            if (tightest is not { } best || one.IsTighterThan(best, limit))
                tightest = one;
        }

        return tightest ?? Of(present, 0, ask.Time.Seconds, limit);
    }

    private static TightestWindow Of(CounterReading reading, long most, long asked, long limit) =>
        new(reading, Math.Min(asked, most), most <= reading.Left(limit));

    /// <summary>
    /// A counter forgets windows that are over. Only more time for a grant looks back at them, and that grant itself counted there. So what
    /// is not there was forgotten, and nothing is left of it.
    /// </summary>
    private static bool IsForgotten(QuotaCounter counter, long startMs, CounterReading present) =>
        startMs < present.WindowStartMs && !counter.Starts.Contains(startMs);

    private bool IsTighterThan(TightestWindow other, long limit) =>
        (IsCapped, other.IsCapped) switch
        {
            (false, true) => true,
            (true, false) => false,
            _ => Reading.Left(limit) < other.Reading.Left(limit),
        };
}
