using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Tests.Offers;

/// <summary>Brute force over a few hours: tries every way to give each promise its GPU-hours. It knows nothing of the rules.</summary>
internal sealed class Schedules(DateTimeOffset start, int hours)
{
    /// <summary>Whether one schedule serves all of them.</summary>
    /// <param name="tranches">What there is.</param>
    /// <param name="promises">What is promised. More time for a grant runs on the grant's GPUs.</param>
    public bool Serve(IReadOnlyList<Tranche> tranches, IReadOnlyList<GpuPromise> promises)
    {
        var free = new int[hours];
        for (var hour = 0; hour < hours; hour++)
            free[hour] = tranches.Where(tranche => Covers(tranche.StartsAt, tranche.EndsAt, hour)).Sum(tranche => tranche.Gpus);
        // Reserved GPUs have no choice, so they go first.
        return Try([.. Together(promises).OrderByDescending(one => one.IsReserved)], free, 0, 0, 0, []);
    }

    /// <summary>Promises with their additions.</summary>
    public static List<GpuPromise> Together(IReadOnlyList<GpuPromise> promises) =>
        [
            .. promises
                .GroupBy(one => promises.Any(other => other.Id == one.Joins && other.Joins is null) ? one.Joins!.Value : one.Id)
                .Select(group =>
                    (group.Any(one => one.Joins is null) ? group.First(one => one.Joins is null) : group.First()) with
                    {
                        Time = GpuTime.FromSeconds(group.Sum(one => one.Time.Seconds)),
                    }
                ),
        ];

    /// <summary>Whether a span has the whole of an hour.</summary>
    public bool Covers(DateTimeOffset from, DateTimeOffset until, int hour) =>
        from <= start.AddHours(hour) && start.AddHours(hour + 1) <= until;

    /// <param name="seen">What was tried in vain: promises placed, and what they left of each hour.</param>
    private bool Try(List<GpuPromise> asks, int[] free, int which, int hour, int placed, HashSet<(int, long)> seen)
    {
        if (which == asks.Count)
            return true;
        if (hour == 0 && !seen.Add((which, free.Aggregate(0L, (sum, one) => (sum * 16) + one))))
            return false;
        var ask = asks[which];
        var isIn = hour < hours && Covers(ask.StartsAt, ask.EndsAt, hour);
        if (hour == hours)
            return (ask.IsReserved || placed == ask.Time.Hours) && Try(asks, free, which + 1, 0, 0, seen);
        var most = isIn ? Math.Min(ask.Gpus, free[hour]) : 0;
        if (!ask.IsReserved)
            most = Math.Min(most, (int)ask.Time.Hours - placed);
        var least = ask.IsReserved && isIn ? ask.Gpus : 0;
        for (var used = most; used >= least; used--)
        {
            free[hour] -= used;
            var works = Try(asks, free, which, hour + 1, placed + used, seen);
            free[hour] += used;
            if (works)
                return true;
        }

        return false;
    }
}
