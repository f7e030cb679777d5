using System.Collections.Concurrent;
using GpuGrants.Feed;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>An endpoint that this dispatcher works for.</summary>
internal sealed class ClaimedEndpoint
{
    public required WebhookEndpoint Row { get; init; }

    public required Guid Worker { get; init; }

    /// <summary>The sum of the trees' numbers when it was claimed.</summary>
    public required decimal Total { get; init; }

    /// <summary>Whether an earlier run wrote down where it begins.</summary>
    public bool IsStarted { get; init; }

    /// <summary>From when on its owner wants to be told again; null for nothing.</summary>
    public DateTimeOffset? ReplayFrom { get; init; }

    /// <summary>When the last run for it ended; null before the first.</summary>
    public DateTimeOffset? WorkedAt { get; init; }

    /// <summary>The first failure after the last success.</summary>
    public DateTimeOffset? FailingSince { get; set; }

    /// <summary>When its owner was told of the failures.</summary>
    public DateTimeOffset? NoticedAt { get; set; }
}

/// <summary>What one step of the work for an endpoint changes.</summary>
internal sealed class EndpointProgress
{
    public IReadOnlyList<FeedPosition> Positions { get; set; } = [];

    /// <summary>Events that wait for their next attempt, or were given up.</summary>
    public ConcurrentQueue<(WebhookMessage Message, int Attempts, DateTimeOffset DueAt, bool IsFailed)> Waiting { get; } = new();

    /// <summary>Waiting events that were taken.</summary>
    public ConcurrentQueue<(Guid Tree, long Sequence)> Done { get; } = new();
}

/// <summary>An event that an endpoint did not take yet.</summary>
internal readonly record struct WaitingEvent(Guid Tree, long Sequence, string Resource, int Attempts);
