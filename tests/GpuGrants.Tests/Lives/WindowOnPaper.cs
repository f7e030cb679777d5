using GpuGrants.Usage;

namespace GpuGrants.Tests.Lives;

/// <summary>
/// A window of a limit on use, and what lives have taken of it. It knows neither counters nor facts, and reckons anew for every question.
/// </summary>
/// <param name="FromMs">Its first millisecond.</param>
/// <param name="ToMs">Without this one.</param>
internal readonly record struct WindowOnPaper(long FromMs, long ToMs)
{
    private const long DayMs = 24L * 3_600_000;

    /// <summary>Days begin at 15:00 UTC, which is midnight in Seoul.</summary>
    private const long SeoulMs = 9L * 3_600_000;

    /// <summary>All windows of a kind that touch a grant.</summary>
    public static IEnumerable<WindowOnPaper> Of(string kind, LivedGrants lives)
    {
        if (lives.Grants.Count == 0)
            return [];
        var from = lives.Grants.Min(one => one.From).ToUnixTimeMilliseconds();
        var to = lives.Grants.Max(one => one.To).ToUnixTimeMilliseconds();
        return kind switch
        {
            "day" => Every(from, to, DayMs, SeoulMs),
            // Three days each, from midnight on 1 January 2026 in Seoul.
            "three-days" => Every(
                from,
                to,
                3 * DayMs,
                SeoulMs - new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds()
            ),
            "rolling" => Enumerable.Range(0, (int)((to - from) / 3_600_000) + 48).Select(hour => Rolling(from, hour)),
            _ => [new WindowOnPaper(from, to)],
        };
    }

    /// <summary>What was used here, and what grants could still use at their worst. GPU-seconds.</summary>
    public decimal Taken(LivedGrants lives)
    {
        var taken = 0m;
        foreach (var grant in lives.Grants)
        {
            var used = Used(lives, grant);
            var most = Overlap(grant.From.ToUnixTimeMilliseconds(), grant.To.ToUnixTimeMilliseconds()) * grant.Gpus / 1_000m;
            taken += used + Math.Min(grant.Outstanding.Seconds, Math.Max(0, most - used));
        }

        return taken;
    }

    /// <summary>What was used here.</summary>
    public decimal Used(LivedGrants lives)
    {
        var used = 0m;
        foreach (var grant in lives.Grants)
            used += Used(lives, grant);
        return used;
    }

    private decimal Used(LivedGrants lives, LivedGrant grant)
    {
        var used = 0m;
        foreach (var record in grant.Records)
        {
            var (here, all) = (0L, 0L);
            foreach (var (from, to) in Chargeable(record.Span, [.. grant.Suspensions, .. lives.Outages]))
                (here, all) = (here + Overlap(from, to), all + to - from);
            if (all > 0)
                used += record.Charged.GpuMicroseconds / 1_000_000m * here / all;
        }

        return used;
    }

    /// <summary>Cuts at every edge of what is taken out, and keeps the pieces that nothing covers.</summary>
    private static IEnumerable<(long From, long To)> Chargeable(UsageSpan span, UsageSpan[] out_)
    {
        var edges = out_.SelectMany(one => new[] { one.FromMs, one.ToMs }).Append(span.FromMs).Append(span.ToMs);
        var inside = edges.Where(edge => span.FromMs <= edge && edge <= span.ToMs).Distinct().Order().ToList();
        return inside.Zip(inside.Skip(1)).Where(piece => !Array.Exists(out_, one => one.FromMs <= piece.First && piece.Second <= one.ToMs));
    }

    private long Overlap(long fromMs, long toMs) => Math.Max(0, Math.Min(ToMs, toMs) - Math.Max(FromMs, fromMs));

    private static WindowOnPaper Rolling(long from, int hour)
    {
        var end = from + (hour * 3_600_000L);
        return new WindowOnPaper(end - (2 * DayMs), end);
    }

    private static IEnumerable<WindowOnPaper> Every(long from, long to, long lengthMs, long shiftMs)
    {
        var first = (from + shiftMs) / lengthMs;
        var last = (to + shiftMs) / lengthMs;
        for (var n = first; n <= last; n++)
            yield return new WindowOnPaper((n * lengthMs) - shiftMs, ((n + 1) * lengthMs) - shiftMs);
    }
}
