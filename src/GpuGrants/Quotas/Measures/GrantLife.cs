namespace GpuGrants.Quotas.Measures;

/// <summary>When a grant may be used, and on how many GPUs at once.</summary>
/// <param name="From">Its start.</param>
/// <param name="To">Its end, not included.</param>
/// <param name="Gpus">The most GPUs at one instant.</param>
public readonly record struct GrantLife(DateTimeOffset From, DateTimeOffset To, int Gpus)
{
    /// <summary>The life of a grant that ended early; the same when it ends later than planned.</summary>
    public GrantLife Until(DateTimeOffset end) => end < To ? this with { To = end } : this;
}
