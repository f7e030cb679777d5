using GpuGrants.Api.Events;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using GpuGrants.Feed;
using Npgsql;

namespace GpuGrants.Api.Feed;

/// <summary>Reads what a caller may see of the feed, from positions on. It remembers nothing of its callers.</summary>
public sealed class FeedReader
{
    /// <summary>Rounds of one look: two limits cap what one call examines, this and <see cref="WindowEvents"/>.</summary>
    private const int MaxRounds = 10;

    /// <summary>Events of each tree that one round brings into memory.</summary>
    private const int ChunkEvents = 500;

    /// <summary>Numbers of each tree that one round examines where PostgreSQL alone filters them.</summary>
    private const int WindowEvents = 10_000;

    /// <summary>
    /// How far before its position a reader goes on after a restore. Clocks of replicas may differ by as much. Events that come again have
    /// the
    /// same ids.
    /// </summary>
    private static readonly TimeSpan RestoreMargin = TimeSpan.FromMinutes(10);

    private readonly NpgsqlDataSource _database;
    private readonly IServiceScopeFactory _scopes;
    private readonly FeedSource _source;
    private readonly SharedEvents _shared;

    public FeedReader(NpgsqlDataSource database, IServiceScopeFactory scopes)
    {
        (_database, _scopes, _source) = (database, scopes, new FeedSource(database));
        _shared = new SharedEvents(_source);
    }

    /// <summary>Reads on from positions.</summary>
    /// <param name="caller">Whose sight and trees count.</param>
    /// <param name="query">What is asked for.</param>
    /// <param name="from">Positions of earlier looks; a tree without one is read from its first event.</param>
    /// <param name="max">The most events.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The events, and where to go on.</returns>
    /// <exception cref="FeedRestoredException">The history before a position is another.</exception>
    /// <exception cref="TooManyTreesException">There are more than 100 trees.</exception>
    internal async Task<FeedSlice> ReadAsync(
        Caller caller,
        FeedQuery query,
        IReadOnlyList<FeedPosition> from,
        int max,
        CancellationToken cancellation
    )
    {
        var known = from.ToDictionary(one => one.Tree);
        var trees = query.Trees ?? await FeedTrees.OfAsync(_database, caller, FeedPositions.MaxTrees + 1, cancellation);
        if (trees.Length > FeedPositions.MaxTrees)
            throw new TooManyTreesException();
        var at = trees.ToDictionary(tree => tree, tree => known.TryGetValue(tree, out var one) ? one.Sequence : 0);
        var now = await _source.HeadsAsync([.. at.Select(one => (one.Key, one.Value))], cancellation);
        await RefuseOtherHistoryAsync(known, now, cancellation);
        var heads = now.ToDictionary(
            one => one.Key,
            one => query.Ends is { } ends ? Math.Min(one.Value.Head, ends.GetValueOrDefault(one.Key)) : one.Value.Head
        );
        var (seen, last) = (new List<Event>(), new Dictionary<Guid, Event>());
        for (var round = 0; round < MaxRounds && seen.Count < max && at.Any(one => one.Value < heads[one.Key]); round++)
            seen.AddRange(await RoundAsync(caller, query, at, last, heads, max - seen.Count, cancellation));
        return new FeedSlice(seen, await PositionsAsync(known, at, last, cancellation), at.Any(one => one.Value < heads[one.Key]));
    }

    /// <summary>The positions before everything that happened at or after a moment.</summary>
    /// <exception cref="TooManyTreesException">There are more than 100 trees.</exception>
    internal async Task<IReadOnlyList<FeedPosition>> BeforeAsync(
        Caller caller,
        FeedQuery query,
        DateTimeOffset moment,
        CancellationToken cancellation
    )
    {
        var trees = query.Trees ?? await FeedTrees.OfAsync(_database, caller, FeedPositions.MaxTrees + 1, cancellation);
        if (trees.Length > FeedPositions.MaxTrees)
            throw new TooManyTreesException();
        var numbers = await _source.BeforeAsync([.. trees.Select(tree => (tree, moment))], cancellation);
        return await _source.PositionsAsync(numbers, cancellation);
    }

    /// <summary>Whether the caller may see an event now.</summary>
    internal async Task<bool> SeesAsync(Caller caller, Event one, CancellationToken cancellation) =>
        (await SeenAsync(caller, [one], cancellation)).Count > 0;

    private async Task<IReadOnlyList<Event>> RoundAsync(
        Caller caller,
        FeedQuery query,
        Dictionary<Guid, long> at,
        Dictionary<Guid, Event> last,
        Dictionary<Guid, long> heads,
        int max,
        CancellationToken cancellation
    )
    {
        var organizations = EventSight.IsByOrganization(caller) ? caller.Organizations : null;
        var isNarrow = organizations is not null || query.Types is not null || query.Resource is not null;
        var windows = at.Where(one => one.Value < heads[one.Key])
            .Select(one => new FeedWindow(
                one.Key,
                one.Value,
                Math.Min(heads[one.Key], one.Value + (isNarrow ? WindowEvents : ChunkEvents))
            ))
            .ToList();
        // Who sees everything takes what is read. Of others, much of it may be left out.
        var chunk = caller.IsPlatformAdministrator ? Math.Min(ChunkEvents, max + 1) : ChunkEvents;
        var isShared = query is { IsShared: true, Resource: null } && organizations is null;
        var found =
            isShared && windows.TrueForAll(one => heads[one.Tree] - one.After <= SharedEvents.Reach)
                ? await _shared.ReadAsync(windows, query.Types, chunk, cancellation)
                : await _source.ReadAsync(windows, query.Types, query.Resource, organizations, chunk, cancellation);
        var ordered = found.OrderBy(one => one.OccurredAt).ThenBy(one => one.RootProgrammeId).ThenBy(one => one.Sequence).ToList();
        var visible = await SeenAsync(caller, ordered, cancellation);
        var taken = visible.Take(max).ToList();
        Advance(at, windows, found, chunk, visible.Count > max ? ordered.TakeWhile(one => one != visible[max]).ToHashSet() : null);
        foreach (var one in found.Where(one => one.Sequence == at[one.RootProgrammeId]))
            last[one.RootProgrammeId] = one;
        return taken;
    }

    /// <summary>Each tree is examined up to the last event that was consumed, or to its window's end when nothing of it is left.</summary>
    private static void Advance(Dictionary<Guid, long> at, List<FeedWindow> windows, List<Event> found, int chunk, HashSet<Event>? consumed)
    {
        var byTree = found.ToLookup(one => one.RootProgrammeId);
        foreach (var window in windows)
        {
            var events = byTree[window.Tree].ToList();
            var left = consumed is null ? null : events.Find(one => !consumed.Contains(one));
            at[window.Tree] =
                left is not null ? Math.Max(window.After, events.TakeWhile(one => one != left).LastOrDefault()?.Sequence ?? 0)
                : events.Count == chunk ? events[^1].Sequence
                : window.UpTo;
        }
    }

    /// <summary>Those of some events that the caller may see now, in the same order.</summary>
    internal async Task<IReadOnlyList<Event>> SeenAsync(Caller caller, IReadOnlyList<Event> events, CancellationToken cancellation)
    {
        if (caller.IsPlatformAdministrator || events.All(one => EventSight.IsSeenBy(caller, one)))
            return events;
        await using var scope = _scopes.CreateAsyncScope();
        return await new EventSight(scope.ServiceProvider.GetRequiredService<GpuGrantsContext>(), caller, cancellation).SeenAsync(events);
    }

    /// <summary>The new positions. Most are at an event that was read, so only the others are looked up.</summary>
    private async Task<IReadOnlyList<FeedPosition>> PositionsAsync(
        Dictionary<Guid, FeedPosition> known,
        Dictionary<Guid, long> at,
        Dictionary<Guid, Event> last,
        CancellationToken cancellation
    )
    {
        var (kept, moved) = (new List<FeedPosition>(), new List<(Guid, long)>());
        foreach (var (tree, sequence) in at.Where(one => one.Value > 0))
            if (known.TryGetValue(tree, out var one) && one.Sequence == sequence)
                kept.Add(one);
            else if (last.TryGetValue(tree, out var event_) && event_.Sequence == sequence)
                kept.Add(FeedSlice.PositionAt(event_));
            else
                moved.Add((tree, sequence));
        if (moved.Count > 0)
            kept.AddRange(await _source.PositionsAsync(moved, cancellation));
        return kept;
    }

    private async Task RefuseOtherHistoryAsync(
        Dictionary<Guid, FeedPosition> known,
        Dictionary<Guid, (long Head, Guid? Id)> heads,
        CancellationToken cancellation
    )
    {
        var other = heads
            .Where(one => known.TryGetValue(one.Key, out var at) && (one.Value.Id is not { } id || FeedPosition.MarkOf(id) != at.Mark))
            .Select(one => known[one.Key])
            .ToList();
        if (other.Count == 0)
            return;
        _shared.Forget();
        var numbers = await _source.BeforeAsync(
            [.. other.Select(one => (one.Tree, DateTimeOffset.FromUnixTimeMilliseconds(one.AtMilliseconds) - RestoreMargin))],
            cancellation
        );
        var found = await _source.PositionsAsync(numbers, cancellation);
        throw new FeedRestoredException([.. known.Values.Except(other), .. found]);
    }
}
