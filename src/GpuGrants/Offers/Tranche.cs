using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>GPUs that an offer has between two moments, both at full hours.</summary>
/// <param name="Number">Its number within the offer, from 1.</param>
/// <param name="Gpus">GPUs at every instant; 0 once all were withdrawn.</param>
/// <param name="StartsAt">From when.</param>
/// <param name="EndsAt">Until when, exclusively.</param>
public sealed record Tranche(int Number, int Gpus, DateTimeOffset StartsAt, DateTimeOffset EndsAt)
{
    /// <summary>The most GPUs of one tranche.</summary>
    public const int MaxGpus = 100_000;

    /// <summary>The most tranches of one offer, those that passed included.</summary>
    public const int MaxOfOffer = 200;

    /// <summary>How far ahead a tranche may end.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromDays(1_100);

    /// <summary>What it still brings: GPUs times the full hours that are left.</summary>
    /// <param name="at">The moment. The hour that it lies in counts as passed unless it is the hour's first instant.</param>
    /// <returns>Zero once it has passed.</returns>
    public GpuTime TimeFrom(DateTimeOffset at) => TimeOf(Gpus, at);

    /// <summary>The same for some of its GPUs.</summary>
    /// <param name="gpus">How many.</param>
    /// <param name="at">The moment.</param>
    /// <returns>Zero once the tranche has passed.</returns>
    public GpuTime TimeOf(int gpus, DateTimeOffset at)
    {
        var from = NextHour(at) is var next && next > StartsAt ? next : StartsAt;
        return from >= EndsAt ? GpuTime.Zero : GpuTime.FromSeconds((long)(EndsAt - from).TotalSeconds * gpus);
    }

    /// <summary>The first full hour that is not before a moment.</summary>
    public static DateTimeOffset NextHour(DateTimeOffset at) =>
        at.UtcTicks % TimeSpan.TicksPerHour == 0
            ? at.ToUniversalTime()
            : new DateTimeOffset(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour) + TimeSpan.TicksPerHour, TimeSpan.Zero);

    /// <summary>Whether a moment is a full hour of UTC.</summary>
    public static bool IsFullHour(DateTimeOffset at) => at.UtcTicks % TimeSpan.TicksPerHour == 0;
}
