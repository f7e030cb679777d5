using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>What follows when more of a grant is used than was granted. Somebody is always told.</summary>
/// <param name="Grace">GPU time that is added to the grant in all, before anything stays uncharged.</param>
/// <param name="SuspendAfter">Uncharged time above which the grant is suspended; null for never.</param>
/// <param name="RevokeAfter">Uncharged time above which the grant is revoked; null for never.</param>
public readonly record struct UnchargedPolicy(GpuTime Grace, GpuTime? SuspendAfter, GpuTime? RevokeAfter)
{
    /// <summary>Whether nothing follows but that somebody is told.</summary>
    public bool IsEmpty => Grace.IsZero && SuspendAfter is null && RevokeAfter is null;

    /// <summary>The policy of a programme, from what it and those above it state: of each amount the smallest.</summary>
    /// <param name="path">Null where a programme states nothing.</param>
    public static UnchargedPolicy Along(IEnumerable<(GpuTime? Grace, GpuTime? SuspendAfter, GpuTime? RevokeAfter)> path)
    {
        var stated = path.ToList();
        return new UnchargedPolicy(
            Smallest(stated.Select(one => one.Grace)) ?? GpuTime.Zero,
            Smallest(stated.Select(one => one.SuspendAfter)),
            Smallest(stated.Select(one => one.RevokeAfter))
        );
    }

    /// <summary>What so much uncharged time leads to. The hardest step counts.</summary>
    public UnchargedStep StepAt(MeteredTime uncharged) =>
        IsAbove(uncharged, RevokeAfter) ? UnchargedStep.Revoke
        : IsAbove(uncharged, SuspendAfter) ? UnchargedStep.Suspend
        : UnchargedStep.Notify;

    private static bool IsAbove(MeteredTime uncharged, GpuTime? bound) =>
        bound is { } most && uncharged.GpuMicroseconds > most.Seconds * MeteredTime.MicrosecondsPerSecond;

    private static GpuTime? Smallest(IEnumerable<GpuTime?> amounts) =>
        amounts.Min(amount => amount?.Seconds) is { } seconds ? GpuTime.FromSeconds(seconds) : null;
}

/// <summary>A step of the ladder.</summary>
public enum UnchargedStep
{
    /// <summary>Its people are told.</summary>
    Notify,

    /// <summary>Nothing may be used until an administrator resumes it.</summary>
    Suspend,

    /// <summary>It ends.</summary>
    Revoke,
}
