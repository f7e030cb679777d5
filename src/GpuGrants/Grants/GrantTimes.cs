namespace GpuGrants.Grants;

/// <summary>Where a grant stands by its dates, and the dates that it gets.</summary>
public static class GrantTimes
{
    /// <summary>The first moment at which a grant can start: reserved GPUs change hands at full seconds.</summary>
    /// <param name="at">From when it may start.</param>
    /// <param name="isReserved">Whether its GPUs are its own.</param>
    public static DateTimeOffset StartOf(DateTimeOffset at, bool isReserved) =>
        isReserved && at.UtcTicks % TimeSpan.TicksPerSecond is > 0 and var part ? at.AddTicks(TimeSpan.TicksPerSecond - part) : at;

    /// <summary>The dates of a grant that starts now and not later. It keeps its length.</summary>
    /// <param name="life">Its life so far, which lies ahead.</param>
    /// <param name="at">The moment.</param>
    /// <param name="isReserved">Whether its GPUs are its own: they change hands at full seconds, so it starts at the next one.</param>
    public static GrantLife StartedAt(GrantLife life, DateTimeOffset at, bool isReserved = false)
    {
        at = StartOf(at, isReserved);
        return life with { From = at, To = at + (life.To - life.From) };
    }
}
