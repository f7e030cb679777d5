using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml;

namespace GpuGrants.Quotas.Windows;

/// <summary>The duration before every moment.</summary>
public sealed record RollingWindow : QuotaWindow
{
    internal const string Word = "rolling";

    /// <summary>Buckets that it may be divided into.</summary>
    public const int MaxBuckets = 60;

    /// <inheritdoc/>
    public override string Kind => Word;

    /// <summary>From a second to ten years.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>
    /// The width of its buckets; null for a sixtieth of the duration. A bucket counts until its last instant left the window, so that use
    /// may count for up to one resolution too long, never too short.
    /// </summary>
    public TimeSpan? Resolution { get; init; }

    /// <summary>
    /// The resolution in force: the stated one, else a sixtieth of the duration, at least a second, rounded up to whole seconds.
    /// </summary>
    public TimeSpan EffectiveResolution =>
        Resolution ?? TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(Duration.TotalSeconds / MaxBuckets)));

    internal override bool FreesInParts => true;

    internal override long? CellMs => Milliseconds(EffectiveResolution);

    internal static QuotaWindow Read(JsonFields fields, QuotaUnit unit) =>
        new RollingWindow { Duration = fields.Duration("duration", required: true) ?? default, Resolution = fields.Duration("resolution") };

    internal override void Write(JsonObject json, QuotaUnit unit) =>
        json.With("duration", XmlConvert.ToString(Duration))
            .With("resolution", Resolution is { } resolution ? XmlConvert.ToString(resolution) : null);

    internal override bool Fits(QuotaMeasure measure) => !measure.IsOfTheMoment;

    internal override void Check(Action<string, string, string> add)
    {
        DurationRules.Check(Duration, add);
        if (
            Resolution is { } resolution
            && (resolution < TimeSpan.FromSeconds(1) || resolution > Duration || Duration > resolution * MaxBuckets)
        )
            add(
                "window.resolution",
                "invalid-duration",
                $"A resolution lasts from a second, and at least 1/{MaxBuckets} of the duration, to the duration."
            );
    }

    internal override WindowClock ClockIn(string timeZone) => new Clock(Milliseconds(Duration), Milliseconds(EffectiveResolution));

    internal override string Canonical(string timeZone) =>
        string.Create(CultureInfo.InvariantCulture, $"{Word}/{Milliseconds(Duration)}/{Milliseconds(EffectiveResolution)}");

    internal override string English() => $"within any {DurationRules.English(Duration)}";

    internal override string Korean() => $"어느 {DurationRules.Korean(Duration)} 동안이든";

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;

    private sealed class Clock(long durationMs, long resolutionMs) : WindowClock
    {
        public override CounterReading Read(ReadOnlySpan<QuotaBucket> buckets, long nowMs, ClosingLimits? closed = null)
        {
            long used = 0,
                held = 0;
            var oldestTaken = CounterReading.Never;
            var oldest = nowMs - durationMs - resolutionMs;
            for (var i = buckets.Length - 1; i >= 0 && buckets[i].StartMs > oldest; i--)
            {
                used += buckets[i].Used;
                held += buckets[i].Held;
                if ((buckets[i].Used | buckets[i].Held) != 0)
                    oldestTaken = buckets[i].StartMs;
            }

            var resetsAt = oldestTaken == CounterReading.Never ? oldestTaken : oldestTaken + resolutionMs + durationMs;
            return new CounterReading(used, held, 0, nowMs - durationMs, resetsAt);
        }

        public override long? BucketOf(ReadOnlySpan<QuotaBucket> buckets, long countsAtMs, long nowMs, bool mayOpen)
        {
            var start = countsAtMs - (countsAtMs % resolutionMs);
            return start <= nowMs - durationMs - resolutionMs ? null : start;
        }

        public override long LongestMs => durationMs + resolutionMs;

        public override IEnumerable<(long AtMs, long Seconds)> PartsOf(long seconds, long fromMs, long toMs)
        {
            if (toMs <= fromMs)
                return [(toMs, seconds)];
            return Cut(seconds, fromMs, toMs, Edges(Math.Max(fromMs, toMs - (2 * (durationMs + resolutionMs))), toMs));
        }

        private IEnumerable<long> Edges(long fromMs, long toMs)
        {
            for (var edge = fromMs - (fromMs % resolutionMs) + resolutionMs; edge < toMs; edge += resolutionMs)
                yield return edge;
        }

        public override int Outdated(ReadOnlySpan<QuotaBucket> buckets, long nowMs) =>
            OlderThan(nowMs - durationMs - resolutionMs + 1, buckets);
    }
}
