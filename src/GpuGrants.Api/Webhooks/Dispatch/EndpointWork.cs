using System.Collections.Concurrent;
using System.Collections.Frozen;
using GpuGrants.Api.Events;
using GpuGrants.Api.Feed;
using GpuGrants.Feed;
using GpuGrants.Webhooks;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>
/// The work for one endpoint while its lease is held: what waits, then what is new. Events of one resource go out one after the other.
/// When an endpoint does not take one, that resource waits and the others go on.
/// </summary>
internal sealed class EndpointWork(ClaimedEndpoint one, WebhookTools tools)
{
    /// <summary>Resources that are sent to at once.</summary>
    private const int AtOnce = 8;

    /// <summary>Events that are sent before it is written down how far that came.</summary>
    private const int EventsPerPart = 32;

    /// <summary>The most of one part, where the receiver takes what it gets: each part costs a round trip.</summary>
    private const int MaxEventsPerPart = 256;

    /// <summary>Events that are read at once.</summary>
    private const int EventsPerSlice = 512;

    /// <summary>
    /// Events of one run, about: then the endpoint and what its owner sees are read again. A few slices of less end it too.
    /// </summary>
    private const int MaxEventsPerRun = 1_600;

    private const int MaxSlices = 50;

    /// <summary>
    /// After this time a run sends nothing more, so that a slow receiver keeps no place for long, and its owner's sight is read again.
    /// </summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(30);

    /// <summary>What waits takes no more of a run, so that new events get their first attempt.</summary>
    private static readonly TimeSpan LongestRetrying = LongestRun / 2;

    /// <summary>A part that took longer is followed by a small one.</summary>
    private static readonly TimeSpan QuickPart = TimeSpan.FromSeconds(2);
    private const int MaxTrees = 10_000;

    /// <summary>Until whoever gave a consent is looked for again, while they are suspended.</summary>
    private static readonly TimeSpan GiverPause = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Clocks of replicas may differ by as much. A tree that came in sight begins so far before the last look that did not find it.
    /// </summary>
    private static readonly TimeSpan ClockMargin = TimeSpan.FromMinutes(10);

    private readonly long _began = tools.Clock.GetTimestamp();
    private readonly ConcurrentDictionary<string, bool> _parked = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<WebhookDelivery> _log = new();
    private EndpointSight? _sight;
    private Guid[] _trees = [];

    /// <summary>Where trees begin in this run that were not begun, or are told again; null once that is written down.</summary>
    private List<FeedPosition>? _begun;

    /// <summary>Just before the run read what its endpoint sees; null until all trees of it have positions in this run.</summary>
    private DateTimeOffset? _lookedAt;
    private bool _hasWaiting;

    /// <summary>What the run says of the endpoint's health.</summary>
    public RunHealth Health { get; } = new(one, tools.Clock);

    private RunTally Attempts => Health.Attempts;

    private bool IsLong => tools.Clock.GetElapsedTime(_began) >= LongestRun;

    /// <summary>
    /// Until when all trees in sight have positions that are written down. Null where this run wrote none of those it found, or looked for
    /// none, as while the owner is suspended: a tree that came in sight meanwhile begins where it came.
    /// </summary>
    public DateTimeOffset? BegunUntil => _begun is null ? _lookedAt : null;

    /// <summary>Does what there is to do.</summary>
    /// <returns>
    /// Whether everything new was looked at and everything due was tried, as far as it was read; false also when another dispatcher took
    /// over.
    /// </returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        var (known, hasWaiting) = await tools.Store.StateAsync(one.Row.Id, cancellation);
        _hasWaiting = hasWaiting;
        var now = tools.Clock.GetUtcNow();
        _sight = await WebhookOwners.SightOfAsync(tools.Database, one.Row, now, cancellation);
        if (_sight is null)
        {
            // What happens meanwhile stays behind the positions, and what waits goes on waiting.
            Health.OwnerIsAway(hasWaiting || one.ReplayFrom is not null);
            return true;
        }

        var trees = _trees = await FeedTrees.OfAsync(tools.Database, _sight.Kept, MaxTrees, cancellation);
        var positions = known.ToDictionary(at => at.Tree);
        await BeginAsync(trees, positions, cancellation);
        _lookedAt = now;
        var isAllRetried = await RetryAsync(cancellation);
        if (isAllRetried is null)
            return false;
        Health.NewEventsFollow();
        if (!await NewAsync(trees, positions, cancellation))
            return false;
        return (_begun is null || await SaveAsync(new EndpointProgress(), cancellation)) && isAllRetried.Value && !Health.IsGivenUp;
    }

    /// <summary>
    /// Whether the last fault of the work is past: nothing is left untouched of what there was to do when the work last broke. All that had
    /// happened by then lies behind the positions, and each event from before that still waits was tried by a later run. How a run ended
    /// says nothing of that: it may be done and have left the events behind one that was not taken.
    /// </summary>
    /// <param name="isDone">What <see cref="RunAsync"/> returned. Such a run has come past all that had happened at its claim.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<bool> IsPastBreakAsync(bool isDone, CancellationToken cancellation) =>
        one.BrokenAt is { } broken
        && !Health.IsOwnerAway
        && _begun is null
        && await tools.Store.IsPastAsync(one, isDone ? [] : _trees, broken + ClockMargin, cancellation);

    /// <summary>
    /// Finds where trees begin that have no position yet, and goes back where something is told again. It is written down with the first
    /// events that are sent. A run that ends before leaves what it knew of the endpoint, so the next one finds the same.
    /// </summary>
    private async Task BeginAsync(Guid[] trees, Dictionary<Guid, FeedPosition> positions, CancellationToken cancellation)
    {
        var begun = new List<FeedPosition>();
        Guid[] fresh = [.. trees.Where(tree => !positions.ContainsKey(tree))];
        if (fresh.Length > 0)
            begun.AddRange(await BeforeAsync(fresh, Came(), cancellation));
        foreach (var at in begun)
            positions[at.Tree] = at;
        if (one.ReplayFrom is { } since)
            foreach (var at in await BeforeAsync(trees, since, cancellation))
                if (at.Sequence < positions[at.Tree].Sequence)
                {
                    positions[at.Tree] = at;
                    begun.Add(at);
                }

        if (begun.Count > 0 || one.ReplayFrom is not null)
            _begun = [.. begun.Select(at => positions[at.Tree]).Distinct()];
    }

    /// <summary>When a tree without a position came in sight, at the earliest.</summary>
    private DateTimeOffset Came() =>
        one.BegunUntil is { } begun && begun - ClockMargin > one.Row.CreatedAt ? begun - ClockMargin : one.Row.CreatedAt;

    /// <summary>The position of each tree before a moment: number 0 before its first event.</summary>
    private async Task<List<FeedPosition>> BeforeAsync(Guid[] trees, DateTimeOffset moment, CancellationToken cancellation)
    {
        var found = new List<FeedPosition>();
        foreach (var chunk in trees.Chunk(FeedPositions.MaxTrees))
            found.AddRange(await tools.Reader.BeforeAsync(_sight!.Kept, new FeedQuery(null, null, chunk), moment, cancellation));
        found.AddRange(trees.Except(found.Select(at => at.Tree).ToList()).Select(tree => new FeedPosition(tree, 0, 0, 0)));
        return found;
    }

    /// <summary>Sends what waits and is due.</summary>
    /// <returns>Whether all that was read of it was tried; null when another dispatcher took over.</returns>
    private async Task<bool?> RetryAsync(CancellationToken cancellation)
    {
        if (!_hasWaiting)
            return true;
        if (one.IsChanged)
            await tools.Store.HastenAsync(one, tools.Clock.GetUtcNow(), cancellation);
        var due = await tools.Store.DueAsync(one.Row.Id, tools.Clock.GetUtcNow(), cancellation);
        foreach (var chunk in due.GroupBy(event_ => event_.Resource).Select(group => group.ToList()).Chunk(EventsPerPart))
        {
            if (Health.IsGivenUp || IsRetryingLong)
                return false;
            var progress = new EndpointProgress();
            await EachAsync(chunk, group => RetryOneAsync(group, progress, cancellation), cancellation);
            if (!await SaveAsync(progress, cancellation))
                return null;
        }

        return !Health.IsGivenUp && !IsRetryingLong;
    }

    private bool IsRetryingLong => tools.Clock.GetElapsedTime(_began) >= LongestRetrying;

    private async Task RetryOneAsync(List<WaitingEvent> group, EndpointProgress progress, CancellationToken cancellation)
    {
        foreach (var waiting in group)
        {
            // The events of one resource alone may take very long.
            if (Health.IsGivenUp || IsRetryingLong)
                return;
            if (await tools.Store.EventAsync(waiting.Tree, waiting.Sequence, cancellation) is not { } row)
            {
                progress.Done.Enqueue(waiting);
                continue;
            }

            // Since it first was to be told, its owner may have lost sight of it: a consent ends, a role too.
            if (!await tools.Reader.SeesAsync(_sight!.Kept, row, cancellation))
            {
                progress.Done.Enqueue(waiting);
                continue;
            }

            var message = tools.Messages.Of(one.Row.Format, row);
            if (_sight.Later is not null && !await tools.Reader.SeesAsync(_sight.Now, row, cancellation))
            {
                if (tools.Clock.GetUtcNow() - row.OccurredAt > tools.Kept)
                {
                    // A suspension that nobody ends: as long as deliveries are kept, an event of it is.
                    progress.Done.Enqueue(waiting);
                    continue;
                }

                progress.Retried.Enqueue((waiting, AfterSuspension(message, waiting.Attempts)));
                return;
            }

            if (await SendAsync(message, waiting.Attempts + 1, cancellation) is not { } next)
            {
                progress.Done.Enqueue(waiting);
                continue;
            }

            progress.Retried.Enqueue((waiting, next));
            if (!next.IsFailed)
                return;
        }
    }

    /// <summary>Sends what happened since the positions of the trees.</summary>
    private async Task<bool> NewAsync(Guid[] trees, Dictionary<Guid, FeedPosition> positions, CancellationToken cancellation)
    {
        var chunks = trees.Chunk(FeedPositions.MaxTrees).ToList();
        // Each run begins at another chunk, so that busy trees keep no others from their turn.
        var first = chunks.Count > 1 ? Random.Shared.Next(chunks.Count) : 0;
        foreach (var chunk in chunks.Skip(first).Concat(chunks.Take(first)))
            if (
                !await NewAsync(
                    new FeedQuery(one.Row.Types.Length == 0 ? null : one.Row.Types, null, chunk) { IsShared = true },
                    positions,
                    cancellation
                )
            )
                return false;
        return true;
    }

    private async Task<bool> NewAsync(FeedQuery query, Dictionary<Guid, FeedPosition> positions, CancellationToken cancellation)
    {
        IReadOnlyList<FeedPosition> at = [.. query.Trees!.Select(tree => positions[tree]).Where(one => one.Sequence > 0)];
        var (size, sent) = (FirstPart(), 0);
        for (var slices = 0; slices < MaxSlices && sent < MaxEventsPerRun && !IsLong; slices++)
        {
            // Its position stays, so that a receiver that is down costs nothing for what goes on happening.
            if (Health.IsGivenUp)
                return true;
            FeedSlice slice;
            try
            {
                slice = await tools.Reader.ReadAsync(_sight!.Kept, query, at, EventsPerSlice, cancellation);
            }
            catch (FeedRestoredException restored)
            {
                at = restored.GoOnFrom;
                continue;
            }

            for (var (from, isOver) = (0, false); !isOver; )
            {
                if (Health.IsGivenUp || (from > 0 && IsLong))
                    return false;
                var (failures, successes, began) = (Attempts.Failures, Attempts.Successes, tools.Clock.GetTimestamp());
                var part = slice.Events.Skip(from).Take(size).ToList();
                from += part.Count;
                isOver = from == slice.Events.Count;
                var moved = slice.PositionsAfter(from).Except(at).ToList();
                if (!await PartAsync(part, moved, cancellation))
                    return false;
                at = [.. moved.Concat(at).DistinctBy(one => one.Tree)];
                size = NextPart(size, Attempts.Failures > failures || tools.Clock.GetElapsedTime(began) >= QuickPart);
                // A receiver that took nothing of a part gets no other in this run.
                if (Attempts.Successes == successes && Attempts.Failures - failures >= RunHealth.MaxFailures && !(isOver && !slice.HasMore))
                    return false;
            }

            if (!slice.HasMore)
                return !IsLong;
            sent += slice.Events.Count;
        }

        return false;
    }

    /// <summary>
    /// As many events as the endpoint took at once in its last run. One that failed in it gets no more than it may fail, so that a receiver
    /// that is down has few rows.
    /// </summary>
    private int FirstPart() =>
        one.FailingSince is not null ? RunHealth.MaxFailures
        : tools.PartSizes.TryGet((one.Row.Id, one.Row.Version), out var taken) ? taken
        : EventsPerPart;

    /// <summary>A receiver that is slow or begins to fail gets little at once.</summary>
    private int NextPart(int size, bool isTroubled)
    {
        var next =
            !isTroubled ? Math.Clamp(2 * size, EventsPerPart, MaxEventsPerPart)
            : Attempts.Successes == 0 ? RunHealth.MaxFailures
            : EventsPerPart;
        tools.PartSizes.AddOrUpdate((one.Row.Id, one.Row.Version), next);
        return next;
    }

    /// <summary>Sends some events and writes down how far that came.</summary>
    private async Task<bool> PartAsync(IReadOnlyList<Event> part, IReadOnlyList<FeedPosition> positions, CancellationToken cancellation)
    {
        var progress = new EndpointProgress { Positions = positions };
        var groups = part.Select(row => tools.Messages.Of(one.Row.Format, row)).GroupBy(message => message.Resource).ToList();
        if (_hasWaiting && groups.Count > 0)
            foreach (var resource in await tools.Store.ParkedAsync(one.Row.Id, groups.ConvertAll(group => group.Key), cancellation))
                _parked[resource] = true;
        var later = await LaterAsync(part, cancellation);
        await EachAsync(groups.Select(group => group.ToList()), group => NewOneAsync(group, later, progress, cancellation), cancellation);
        return (progress.Positions.Count == 0 && progress.Waiting.IsEmpty) || await SaveAsync(progress, cancellation);
    }

    /// <summary>The events of which the endpoint may be told only after a suspension.</summary>
    private async Task<IReadOnlySet<Guid>> LaterAsync(IReadOnlyList<Event> part, CancellationToken cancellation) =>
        _sight!.Later is null
            ? FrozenSet<Guid>.Empty
            : part.Except(await tools.Reader.SeenAsync(_sight.Now, part, cancellation)).Select(row => row.Id).ToHashSet();

    private NextAttempt AfterSuspension(WebhookMessage message, int attempts) =>
        new(message, attempts, tools.Clock.GetUtcNow() + GiverPause, IsFailed: false, IsTried: true);

    private async Task NewOneAsync(
        List<WebhookMessage> group,
        IReadOnlySet<Guid> later,
        EndpointProgress progress,
        CancellationToken cancellation
    )
    {
        foreach (var message in group)
        {
            // The events of one resource alone may take very long.
            if (_parked.ContainsKey(message.Resource) || Health.IsGivenUp || IsLong)
            {
                progress.Waiting.Enqueue(new NextAttempt(message, 0, tools.Clock.GetUtcNow(), IsFailed: false, IsTried: false));
                _parked[message.Resource] = true;
            }
            else if (later.Contains(message.EventId))
            {
                progress.Waiting.Enqueue(AfterSuspension(message, 0));
                _parked[message.Resource] = true;
            }
            else if (await SendAsync(message, 1, cancellation) is { } next)
            {
                progress.Waiting.Enqueue(next);
                _parked[message.Resource] = true;
            }
        }
    }

    /// <summary>Sends once.</summary>
    /// <returns>When to try again; null when it was taken.</returns>
    private async Task<NextAttempt?> SendAsync(WebhookMessage message, int attempt, CancellationToken cancellation)
    {
        var sent = await tools.Sender.SendAsync(one.Row, message, attempt, cancellation);
        _log.Enqueue(sent.Delivery);
        if (sent.IsTaken)
        {
            Attempts.Taken();
            return null;
        }

        Attempts.Failed(sent.IsGone);
        var now = tools.Clock.GetUtcNow();
        var next = RetrySchedule.Next(attempt, now, sent.RetryAfter, Random.Shared.NextDouble());
        return new NextAttempt(message, attempt, next ?? now, IsFailed: next is null, IsTried: true);
    }

    private async Task<bool> SaveAsync(EndpointProgress progress, CancellationToken cancellation)
    {
        var now = tools.Clock.GetUtcNow();
        Health.Saving(now);
        var log = TakeLog();
        if (_begun is { } begun)
            progress.Positions = [.. progress.Positions.Concat(begun).DistinctBy(at => at.Tree)];
        var isProven = await SaveAsync(now + tools.Lease, progress, log, cancellation);
        if (!isProven)
            return false;
        _begun = null;
        Health.Saved();
        return true;
    }

    private async Task<bool> SaveAsync(
        DateTimeOffset leasedUntil,
        EndpointProgress progress,
        IReadOnlyList<WebhookDelivery> log,
        CancellationToken cancellation
    )
    {
        try
        {
            return await tools.Store.SaveAsync(one, leasedUntil, progress, _begun is not null, log, cancellation);
        }
        catch (Exception failure) when (log.Count > 0 && DeliveryLog.IsForGood(failure))
        {
            // Apart, so that no answer keeps the endpoint from going on. Where the rest is refused, its owner sees what was sent.
            await tools.Log.WriteAsync(log, cancellation);
            return await tools.Store.SaveAsync(one, leasedUntil, progress, _begun is not null, [], cancellation);
        }
    }

    /// <summary>Writes down what was sent since the last save: an owner sees also what a run sent that broke or was ended.</summary>
    public Task LogAsync(CancellationToken cancellation) => tools.Log.WriteAsync(TakeLog(), cancellation);

    private List<WebhookDelivery> TakeLog()
    {
        var log = new List<WebhookDelivery>();
        while (_log.TryDequeue(out var sent))
            log.Add(sent);
        log.Sort((one, other) => one.StartedAt.CompareTo(other.StartedAt));
        return log;
    }

    private static Task EachAsync<TItem>(IEnumerable<TItem> items, Func<TItem, Task> body, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            items,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (item, _) => await body(item)
        );
}
