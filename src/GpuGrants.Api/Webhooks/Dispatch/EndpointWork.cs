using System.Collections.Concurrent;
using GpuGrants.Api.Events;
using GpuGrants.Api.Feed;
using GpuGrants.Api.Http.Callers;
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

    /// <summary>Events that are read at once. They are one part where the receiver takes what it gets: a part costs a round trip.</summary>
    private const int EventsPerSlice = 256;

    /// <summary>
    /// Events of one run, about: then the endpoint and what its owner sees are read again. A few slices of less end it too.
    /// </summary>
    private const int MaxEventsPerRun = 1_600;

    private const int MaxSlices = 50;

    /// <summary>
    /// After this time a run ends, so that a slow receiver keeps no place for long, and its owner's sight is read again.
    /// </summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(30);

    /// <summary>A part that took longer is followed by a small one.</summary>
    private static readonly TimeSpan QuickPart = TimeSpan.FromSeconds(2);
    private const int MaxTrees = 10_000;

    /// <summary>Failures without a success after which a run sends nothing more.</summary>
    private const int MaxFailures = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly long _began = tools.Clock.GetTimestamp();
    private readonly ConcurrentDictionary<string, bool> _parked = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<WebhookDelivery> _log = new();
    private Caller? _sight;
    private int _failures;
    private int _failuresBefore;
    private bool _hasWaiting;
    private int _successes;

    /// <summary>Whether the receiver said that it wants nothing more.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Whether the run sends nothing more: the receiver takes nothing, and what is left stays where it is.</summary>
    public bool IsGivenUp => IsGone || (_successes == 0 && _failures - _failuresBefore >= MaxFailures);

    private bool IsLong => tools.Clock.GetElapsedTime(_began) >= LongestRun;

    /// <summary>Until when nothing is sent; null where the receiver takes what it gets.</summary>
    public DateTimeOffset? PausedUntil => _successes == 0 && _failures >= MaxFailures ? tools.Clock.GetUtcNow() + Pause : null;

    /// <summary>Does what there is to do.</summary>
    /// <returns>Whether everything was looked at; false also when another dispatcher took over.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        var sight = await WebhookOwners.SightOfAsync(tools.Database, one.Row, tools.Clock.GetUtcNow(), cancellation);
        _sight = sight;
        var trees = await FeedTrees.OfAsync(tools.Database, sight, MaxTrees, cancellation);
        var positions = (await tools.Store.PositionsAsync(one.Row.Id, cancellation)).ToDictionary(at => at.Tree);
        if (!one.IsStarted || one.ReplayFrom is not null)
            positions = await BeginAsync(trees, cancellation);
        if (!await RetryAsync(cancellation))
            return false;
        // What fails again and again keeps nothing else from its first attempt.
        _failuresBefore = _failures;
        foreach (var chunk in trees.Chunk(FeedPositions.MaxTrees))
            if (!await NewAsync(chunk, positions, cancellation))
                return false;
        return true;
    }

    /// <summary>Finds where to begin, and writes it down before anything is sent.</summary>
    private async Task<Dictionary<Guid, FeedPosition>> BeginAsync(Guid[] trees, CancellationToken cancellation)
    {
        var found = new List<FeedPosition>();
        foreach (var chunk in trees.Chunk(FeedPositions.MaxTrees))
            found.AddRange(
                await tools.Reader.BeforeAsync(_sight!, new FeedQuery(null, null, chunk), one.ReplayFrom ?? one.Row.CreatedAt, cancellation)
            );
        await SaveAsync(new EndpointProgress { BeginsAnew = true, Positions = found }, cancellation);
        return found.ToDictionary(at => at.Tree);
    }

    /// <summary>Sends what waits and is due.</summary>
    private async Task<bool> RetryAsync(CancellationToken cancellation)
    {
        _hasWaiting = await tools.Store.HasWaitingAsync(one.Row.Id, cancellation);
        if (!_hasWaiting)
            return true;
        var due = await tools.Store.DueAsync(one.Row.Id, tools.Clock.GetUtcNow(), cancellation);
        foreach (var chunk in due.GroupBy(event_ => event_.Resource).Select(group => group.ToList()).Chunk(EventsPerPart))
        {
            if (IsGivenUp)
                break;
            if (IsLong)
                return false;
            var progress = new EndpointProgress();
            await EachAsync(chunk, group => RetryOneAsync(group, progress, cancellation), cancellation);
            if (!await SaveAsync(progress, cancellation))
                return false;
        }

        return true;
    }

    private async Task RetryOneAsync(List<WaitingEvent> group, EndpointProgress progress, CancellationToken cancellation)
    {
        foreach (var waiting in group)
        {
            if (IsGivenUp)
                return;
            if (await tools.Store.EventAsync(waiting.Tree, waiting.Sequence, cancellation) is not { } row)
            {
                progress.Done.Enqueue((waiting.Tree, waiting.Sequence));
                continue;
            }

            // Since it first was to be told, its owner may have lost sight of it: a consent ends, a role too.
            if (!await tools.Reader.SeesAsync(_sight!, row, cancellation))
            {
                progress.Done.Enqueue((waiting.Tree, waiting.Sequence));
                continue;
            }

            var message = tools.Messages.Of(one.Row.Format, row);
            if (await SendAsync(message, waiting.Attempts + 1, progress, cancellation))
                progress.Done.Enqueue((waiting.Tree, waiting.Sequence));
            else if (waiting.Attempts + 1 < RetrySchedule.MaxAttempts)
                return;
        }
    }

    /// <summary>Sends what happened since the positions of some trees.</summary>
    private async Task<bool> NewAsync(Guid[] trees, Dictionary<Guid, FeedPosition> positions, CancellationToken cancellation)
    {
        var types = one.Row.Types.Length == 0 ? null : one.Row.Types;
        var query = new FeedQuery(types, null, trees) { IsShared = true };
        IReadOnlyList<FeedPosition> at = [.. trees.Where(positions.ContainsKey).Select(tree => positions[tree])];
        var (size, sent) = (EventsPerPart, 0);
        for (var slices = 0; slices < MaxSlices && sent < MaxEventsPerRun && !IsLong; slices++)
        {
            // Its position stays, so that a receiver that is down costs nothing for what goes on happening.
            if (IsGivenUp)
                return true;
            FeedSlice slice;
            try
            {
                slice = await tools.Reader.ReadAsync(_sight!, query, at, EventsPerSlice, cancellation);
            }
            catch (FeedRestoredException restored)
            {
                at = restored.GoOnFrom;
                continue;
            }

            for (var (from, isOver) = (0, false); !isOver; )
            {
                if (IsGivenUp || (from > 0 && IsLong))
                    return false;
                var (failures, successes, began) = (_failures, _successes, tools.Clock.GetTimestamp());
                var part = slice.Events.Skip(from).Take(size).ToList();
                from += part.Count;
                isOver = from == slice.Events.Count;
                if (!await PartAsync(part, isOver ? [.. slice.Positions.Except(at)] : FeedSlice.PositionsOf(part), cancellation))
                    return false;
                // A receiver that is slow or begins to fail gets little at once. One that took nothing of a part gets no other in this run.
                size =
                    _failures == failures && tools.Clock.GetElapsedTime(began) < QuickPart
                        ? Math.Min(EventsPerSlice, 2 * size)
                        : EventsPerPart;
                if (_successes == successes && _failures - failures >= MaxFailures && !(isOver && !slice.HasMore))
                    return false;
            }

            if (!slice.HasMore)
                return true;
            (at, sent) = (slice.Positions, sent + slice.Events.Count);
        }

        return false;
    }

    /// <summary>Sends some events and writes down how far that came.</summary>
    private async Task<bool> PartAsync(IReadOnlyList<Event> part, IReadOnlyList<FeedPosition> positions, CancellationToken cancellation)
    {
        var progress = new EndpointProgress { Positions = positions };
        var groups = part.Select(row => tools.Messages.Of(one.Row.Format, row)).GroupBy(message => message.Resource).ToList();
        if (_hasWaiting && groups.Count > 0)
            foreach (var resource in await tools.Store.ParkedAsync(one.Row.Id, groups.ConvertAll(group => group.Key), cancellation))
                _parked[resource] = true;
        await EachAsync(groups.Select(group => group.ToList()), group => NewOneAsync(group, progress, cancellation), cancellation);
        return (progress.Positions.Count == 0 && progress.Waiting.IsEmpty) || await SaveAsync(progress, cancellation);
    }

    private async Task NewOneAsync(List<WebhookMessage> group, EndpointProgress progress, CancellationToken cancellation)
    {
        foreach (var message in group)
        {
            if (_parked.ContainsKey(message.Resource) || IsGivenUp)
            {
                progress.Waiting.Enqueue((message, 0, tools.Clock.GetUtcNow(), false));
                _parked[message.Resource] = true;
            }
            else if (!await SendAsync(message, 1, progress, cancellation))
                _parked[message.Resource] = true;
        }
    }

    /// <summary>Sends once, and notes when to try again if it was not taken.</summary>
    private async Task<bool> SendAsync(WebhookMessage message, int attempt, EndpointProgress progress, CancellationToken cancellation)
    {
        var sent = await tools.Sender.SendAsync(one.Row, message, attempt, cancellation);
        _log.Enqueue(sent.Delivery);
        if (sent.IsTaken)
        {
            Interlocked.Increment(ref _successes);
            return true;
        }

        Interlocked.Increment(ref _failures);
        IsGone |= sent.IsGone;
        var now = tools.Clock.GetUtcNow();
        var next = RetrySchedule.Next(attempt, now, sent.RetryAfter, Random.Shared.NextDouble());
        progress.Waiting.Enqueue((message, attempt, next ?? now, next is null));
        return false;
    }

    private async Task<bool> SaveAsync(EndpointProgress progress, CancellationToken cancellation)
    {
        var now = tools.Clock.GetUtcNow();
        if (_successes > 0)
            (one.FailingSince, one.NoticedAt) = (null, null);
        else if (_failures > 0)
            one.FailingSince ??= now;
        var log = new List<WebhookDelivery>();
        while (_log.TryDequeue(out var sent))
            log.Add(sent);
        return await tools.Store.SaveAsync(one, now + tools.Lease, progress, log, cancellation);
    }

    /// <summary>What the run says of the endpoint's health.</summary>
    public EndpointFate Judge() =>
        _successes == 0 && _failures > 0 && one.FailingSince is { } since
            ? EndpointHealth.Judge(since, tools.Clock.GetUtcNow(), one.NoticedAt)
            : EndpointFate.GoOn;

    private static Task EachAsync<TItem>(IEnumerable<TItem> items, Func<TItem, Task> body, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            items,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (item, _) => await body(item)
        );
}
