using System.Collections.Concurrent;
using GpuGrants.Feed;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>An endpoint that this dispatcher works for.</summary>
internal sealed class ClaimedEndpoint
{
    public required WebhookEndpoint Row { get; init; }

    public required Guid Worker { get; init; }

    /// <summary>The number of this run among all of the endpoint. A later claim has a higher one, whichever replica made it.</summary>
    public required long Run { get; init; }

    /// <summary>The sum of the trees' numbers when it was claimed.</summary>
    public required decimal Total { get; init; }

    /// <summary>From when on its owner wants to be told again; null for nothing.</summary>
    public DateTimeOffset? ReplayFrom { get; init; }

    /// <summary>How often somebody asked for events since a moment, up to the claim.</summary>
    public long Replays { get; init; }

    /// <summary>How often somebody asked for one event again, up to the claim.</summary>
    public long Redeliveries { get; init; }

    /// <summary>Until when all trees in sight had positions; null while no run has written them all.</summary>
    public DateTimeOffset? BegunUntil { get; init; }

    /// <summary>The first failure after the last success.</summary>
    public DateTimeOffset? FailingSince { get; set; }

    /// <summary>When its owner was told of the failures.</summary>
    public DateTimeOffset? NoticedAt { get; set; }

    /// <summary>The first run that ended by something that will be so again, since the last fault was over.</summary>
    public DateTimeOffset? BrokenSince { get; set; }

    /// <summary>When the last such run ended.</summary>
    public DateTimeOffset? BrokenAt { get; set; }

    /// <summary>The number of the last such run.</summary>
    public long? BrokenRun { get; set; }

    /// <summary>When its owner was told of such runs.</summary>
    public DateTimeOffset? BrokenNoticedAt { get; set; }

    /// <summary>Whether it was changed since its last run: what waits is due at once.</summary>
    public bool IsChanged { get; init; }

    /// <summary>Nothing counts against it any more.</summary>
    public void Forgive()
    {
        (FailingSince, NoticedAt) = (null, null);
        ForgiveBroken();
    }

    /// <summary>Runs that broke count against it no more.</summary>
    public void ForgiveBroken() => (BrokenSince, BrokenAt, BrokenRun, BrokenNoticedAt) = (null, null, null, null);
}

/// <summary>What one step of the work for an endpoint changes.</summary>
internal sealed class EndpointProgress
{
    public IReadOnlyList<FeedPosition> Positions { get; set; } = [];

    /// <summary>New events that wait for their next attempt, or were given up.</summary>
    public ConcurrentQueue<NextAttempt> Waiting { get; } = new();

    /// <summary>Waiting events that were not taken again, unless somebody asked for them meanwhile.</summary>
    public ConcurrentQueue<(WaitingEvent Event, NextAttempt Next)> Retried { get; } = new();

    /// <summary>Waiting events that were taken, unless somebody asked for them meanwhile.</summary>
    public ConcurrentQueue<WaitingEvent> Done { get; } = new();
}

/// <summary>An event that an endpoint did not take yet, as the run read it.</summary>
internal readonly record struct WaitingEvent(Guid Tree, long Sequence, string Resource, int Attempts, DateTimeOffset DueAt);

/// <summary>When an event is sent next.</summary>
/// <param name="Message">The event.</param>
/// <param name="Attempts">How often it was sent.</param>
/// <param name="DueAt">When it is sent again, or was given up.</param>
/// <param name="IsFailed">Whether it was given up.</param>
/// <param name="IsTried">Whether the run sent it or put it off; not where the run only wrote down that it waits.</param>
internal readonly record struct NextAttempt(WebhookMessage Message, int Attempts, DateTimeOffset DueAt, bool IsFailed, bool IsTried)
{
    public string Status => IsFailed ? "failed" : "waiting";
}
