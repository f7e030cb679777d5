using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>GPU time that an offer with dated tranches promised somebody: a grant, a review or a quote.</summary>
/// <param name="Id">The grant, request or quote.</param>
/// <param name="Gpus">The most GPUs at once; all of them at every instant where they are reserved.</param>
/// <param name="StartsAt">From when it may be used.</param>
/// <param name="EndsAt">Until when.</param>
/// <param name="Time">What is neither used nor returned. What is reserved is promised whole until its end, whatever this says.</param>
/// <param name="IsReserved">Whether the GPUs are its own from start to end, used or not.</param>
public readonly record struct GpuPromise(
    Guid Id,
    int Gpus,
    DateTimeOffset StartsAt,
    DateTimeOffset EndsAt,
    GpuTime Time,
    bool IsReserved = false
)
{
    /// <summary>
    /// The grant that gets more time by it; null for a promise of its own. Both run on the grant's GPUs, within the grant's dates.
    /// </summary>
    public Guid? Joins { get; init; }

    /// <summary>What was reported as used of it so far.</summary>
    public GpuTime Used { get; init; }

    /// <summary>The most GPUs that it had at once so far; 0 when that is <see cref="Gpus"/>.</summary>
    public int MostGpus { get; init; }

    /// <summary>The most that its GPUs can use in its span.</summary>
    /// <returns>Whole GPU-seconds, rounded down.</returns>
    internal GpuTime Usable() => UsableFrom(StartsAt);

    /// <summary>The most that its GPUs can use from a moment on.</summary>
    /// <param name="at">The moment. Before the span it changes nothing.</param>
    /// <returns>Whole GPU-seconds, rounded down.</returns>
    internal GpuTime UsableFrom(DateTimeOffset at)
    {
        var length = EndsAt - (at > StartsAt ? at : StartsAt);
        return length <= TimeSpan.Zero ? GpuTime.Zero : GpuTime.FromSeconds((long)(Gpus * length.TotalSeconds));
    }

    /// <summary>
    /// The most that can be used in its span: before the moment by all GPUs that it ever had at once, then by those that it has now.
    /// </summary>
    /// <param name="at">The moment. Before the span it changes nothing.</param>
    /// <returns>Whole GPU-seconds, rounded down.</returns>
    internal GpuTime UsableAround(DateTimeOffset at)
    {
        var past = (at < EndsAt ? at : EndsAt) - StartsAt;
        var more = past <= TimeSpan.Zero ? 0 : (long)(Math.Max(0, MostGpus - Gpus) * past.TotalSeconds);
        return Usable() + GpuTime.FromSeconds(more);
    }

    /// <summary>The promise without what its GPUs cannot use in its span.</summary>
    public GpuPromise Within() => Usable() is var most && most < Time ? this with { Time = most } : this;

    /// <summary>What is still owed from a moment on: never more than its GPUs can use until its end.</summary>
    /// <param name="at">The moment.</param>
    /// <returns>GPU-seconds.</returns>
    internal long OwedFrom(long at)
    {
        var most = Gpus * Math.Max(0, Seconds.Floor(EndsAt) - Math.Max(at, Seconds.Ceiling(StartsAt)));
        return IsReserved ? most : Math.Min(Time.Seconds, most);
    }

    /// <summary>
    /// What is owed from a moment on at the least, even if its holder used all that its GPUs can use before. Whoever used less, or whose
    /// use was not reported yet, is owed more.
    /// </summary>
    /// <param name="at">The moment.</param>
    /// <returns>GPU-seconds.</returns>
    internal long LeastFrom(long at)
    {
        if (IsReserved)
            return OwedFrom(at);
        var possible = (Math.Max(Gpus, MostGpus) * Math.Max(0, at - Seconds.Floor(StartsAt))) - Used.Seconds;
        return Math.Clamp(Time.Seconds - Math.Max(0, possible), 0, OwedFrom(at));
    }

    /// <summary>Promises with each addition in the grant that it joins, in the order in which the grants came.</summary>
    /// <param name="promises">Oldest first.</param>
    /// <returns>An addition whose grant is not among them is a promise of its own.</returns>
    internal static List<GpuPromise> Joined(IReadOnlyCollection<GpuPromise> promises)
    {
        List<GpuPromise> whole = [.. promises.Where(one => one.Joins is null)];
        if (whole.Count == promises.Count)
            return whole;
        foreach (var part in promises.Where(one => one.Joins is not null))
            if (whole.FindIndex(one => one.Id == part.Joins) is >= 0 and var at)
                whole[at] = whole[at].With(part.Time);
            else
                whole.Add(part);
        return whole;
    }

    /// <summary>The promise with more time.</summary>
    internal GpuPromise With(GpuTime more) => this with { Time = Time + more };
}

/// <summary>Moments as whole seconds. Rounding makes a promise's span smaller, never larger.</summary>
internal static class Seconds
{
    public static long Floor(DateTimeOffset at) => at.ToUnixTimeSeconds();

    public static long Ceiling(DateTimeOffset at) => at.ToUnixTimeSeconds() + (at.UtcTicks % TimeSpan.TicksPerSecond == 0 ? 0 : 1);
}
