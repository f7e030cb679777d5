namespace GpuGrants.Grants;

/// <summary>Where a grant stands by its dates, and the dates that it gets.</summary>
public static class GrantTimes
{
    /// <summary>The dates of a grant that starts now and not later. It keeps its length.</summary>
    /// <param name="life">Its life so far, which lies ahead.</param>
    /// <param name="at">The moment.</param>
    public static GrantLife StartedAt(GrantLife life, DateTimeOffset at) => life with { From = at, To = at + (life.To - life.From) };
}
