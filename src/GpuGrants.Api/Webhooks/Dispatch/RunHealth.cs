using GpuGrants.Webhooks;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>
/// What a run says of its endpoint's health: whether the receiver takes what it gets, and whether the work itself breaks. Pauses, notices
/// to the owner and the end of an endpoint follow from it. Saves and the release of the lease write it down.
/// </summary>
internal sealed class RunHealth(ClaimedEndpoint one, TimeProvider clock)
{
    /// <summary>Failures without a success after which a run sends nothing more.</summary>
    public const int MaxFailures = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>
    /// After a run that will end the same way again. What it sent may be sent again, so pauses grow: each is half as long as that goes on.
    /// </summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>Since when it fails, and when that was told, as they are written down.</summary>
    private (DateTimeOffset? Since, DateTimeOffset? NoticedAt) _saved = (one.FailingSince, one.NoticedAt);
    private int _failuresBefore;
    private bool _isSomethingLeft;

    /// <summary>How the attempts of the run end.</summary>
    public RunTally Attempts { get; } = new();

    /// <summary>Whether the receiver said that it wants nothing more.</summary>
    public bool IsGone => Attempts.IsGone;

    /// <summary>Whether the run ended by something that will be so again.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether the run sends nothing more: the receiver takes nothing, and what is left stays where it is.</summary>
    public bool IsGivenUp => IsGone || (Attempts.Successes == 0 && Attempts.Failures - _failuresBefore >= MaxFailures);

    /// <summary>Whether the owner is suspended, so the run sends nothing and comes to nothing that broke others.</summary>
    public bool IsOwnerAway { get; private set; }

    /// <summary>
    /// Until when nothing is sent, unless the endpoint is changed: the receiver takes nothing, the run will end the same way again, or the
    /// owner is suspended and something waits for its return. Null otherwise.
    /// </summary>
    public DateTimeOffset? PausedUntil =>
        IsBroken ? BrokenUntil(clock.GetUtcNow())
        : (Attempts.Successes == 0 && Attempts.Failures >= MaxFailures) || (IsOwnerAway && _isSomethingLeft) ? clock.GetUtcNow() + Pause
        : null;

    /// <summary>Notes that the owner is suspended, so the run sends nothing.</summary>
    /// <param name="isSomethingLeft">Whether something waits for its return.</param>
    public void OwnerIsAway(bool isSomethingLeft) => (IsOwnerAway, _isSomethingLeft) = (true, isSomethingLeft);

    /// <summary>Notes that new events follow: what fails again and again keeps nothing else from its first attempt.</summary>
    public void NewEventsFollow() => _failuresBefore = Attempts.Failures;

    /// <summary>Notes what the attempts up to a save say of the receiver.</summary>
    public void Saving(DateTimeOffset now)
    {
        if (Attempts.Successes > 0)
            (one.FailingSince, one.NoticedAt) = (null, null);
        else if (Attempts.Failures > 0)
            one.FailingSince ??= now;
    }

    /// <summary>Notes that the save was written.</summary>
    public void Saved() => _saved = (one.FailingSince, one.NoticedAt);

    /// <summary>
    /// Notes that the run ended by something that will be so again, such as a row that the database refuses. What its receiver refused
    /// since the last save is not written down, so it does not count. What it took counts: it does not fail, whatever the work does.
    /// </summary>
    public void Broke()
    {
        IsBroken = true;
        (one.FailingSince, one.NoticedAt) = Attempts.Successes > 0 ? (null, null) : _saved;
        (one.BrokenAt, one.BrokenRun) = (clock.GetUtcNow(), one.Run);
        one.BrokenSince ??= one.BrokenAt;
    }

    /// <summary>Notes that the owner was told of what <see cref="Judge"/> said.</summary>
    public void Noticed()
    {
        if (IsBroken)
            one.BrokenNoticedAt = clock.GetUtcNow();
        else
            one.NoticedAt = clock.GetUtcNow();
    }

    /// <summary>What to do with the endpoint.</summary>
    public EndpointFate Judge() =>
        IsBroken && one.BrokenSince is { } broken ? EndpointHealth.Judge(broken, clock.GetUtcNow(), one.BrokenNoticedAt)
        : Attempts.Successes == 0 && Attempts.Failures > 0 && one.FailingSince is { } since
            ? EndpointHealth.Judge(since, clock.GetUtcNow(), one.NoticedAt)
        : EndpointFate.GoOn;

    private DateTimeOffset BrokenUntil(DateTimeOffset now)
    {
        var failing = now - (one.BrokenSince ?? now);
        return now + TimeSpan.FromTicks(Math.Clamp(failing.Ticks / 2, Pause.Ticks, LongestPause.Ticks));
    }
}
