using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml;

namespace GpuGrants.Quotas.Windows;

/// <summary>A fixed duration that begins with the first thing counted, and again with the first after it ended.</summary>
public sealed record FirstUseWindow : QuotaWindow
{
    internal const string Word = "first-use";

    /// <inheritdoc/>
    public override string Kind => Word;

    /// <summary>From a second to ten years.</summary>
    public required TimeSpan Duration { get; init; }

    internal static QuotaWindow Read(JsonFields fields, QuotaUnit unit) =>
        new FirstUseWindow { Duration = fields.Duration("duration", required: true) ?? default };

    internal override void Write(JsonObject json, QuotaUnit unit) => json.With("duration", XmlConvert.ToString(Duration));

    /// <summary>A window begins at any instant, and a use that is reported as one counts at its end.</summary>
    internal override long? CellMs => null;

    /// <summary>A use from before the window's beginning, reported after it began, counts nowhere; reported first, it begins the
    /// window.</summary>
    internal override bool CountsInOrder => true;

    internal override bool Fits(QuotaMeasure measure) => !measure.IsOfTheMoment;

    internal override void Check(Action<string, string, string> add) => DurationRules.Check(Duration, add);

    internal override WindowClock ClockIn(string timeZone) => new Clock((long)Duration.TotalMilliseconds);

    internal override string Canonical(string timeZone) =>
        string.Create(CultureInfo.InvariantCulture, $"{Word}/{(long)Duration.TotalMilliseconds}");

    internal override string English() => $"within {DurationRules.English(Duration)} from the first use";

    internal override string Korean() => $"첫 사용부터 {DurationRules.Korean(Duration)} 동안";

    private sealed class Clock(long durationMs) : WindowClock
    {
        public override CounterReading Read(ReadOnlySpan<QuotaBucket> buckets, long nowMs, ClosingLimits? closed = null)
        {
            foreach (ref readonly var bucket in buckets)
            {
                var end = bucket.StartMs + durationMs;
                if (bucket.StartMs <= nowMs && nowMs < end)
                    return new CounterReading(bucket.Used, bucket.Held, 0, bucket.StartMs, end);
            }

            return CounterReading.None;
        }

        public override long LongestMs => durationMs;

        public override long? BucketOf(ReadOnlySpan<QuotaBucket> buckets, long countsAtMs, long nowMs, bool mayOpen)
        {
            foreach (ref readonly var known in buckets)
            {
                if (known.StartMs <= countsAtMs && countsAtMs < known.StartMs + durationMs)
                    return known.StartMs;
            }

            // A fact from before the end of the latest window, and in no known window, belongs to a window that nobody asks for any more.
            return mayOpen && (buckets.IsEmpty || countsAtMs >= buckets[^1].StartMs + durationMs) ? countsAtMs : null;
        }

        /// <summary>The latest window stays when it is over: what follows from it, such as an approval, must not open another.</summary>
        public override int Outdated(ReadOnlySpan<QuotaBucket> buckets, long nowMs) =>
            buckets.IsEmpty ? 0 : OlderThan(nowMs - durationMs + 1, buckets[..^1]);
    }
}
