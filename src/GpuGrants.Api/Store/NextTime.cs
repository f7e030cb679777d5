namespace GpuGrants.Api.Store;

/// <summary>
/// When recurring work is due next, as a replica remembers it. After the clock was set back the work is due at once: the next time may then
/// be far away.
/// </summary>
internal sealed class NextTime
{
    private DateTimeOffset _setAt;
    private DateTimeOffset _at;

    /// <summary>Whether the work is due. Before it was ever set, it is.</summary>
    public bool IsDue(DateTimeOffset now) => now < _setAt || now >= _at;

    /// <summary>Has the work wait.</summary>
    public void Set(DateTimeOffset now, TimeSpan wait) => (_setAt, _at) = (now, now + wait);
}
