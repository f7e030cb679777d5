using GpuGrants.Api.Events;
using GpuGrants.Feed;

namespace GpuGrants.Api.Feed;

/// <summary>What one look at the feed gave.</summary>
/// <param name="Events">In order within each tree. Across trees they follow their moments only roughly.</param>
/// <param name="Positions">How far each tree was examined. Trees without a position were not begun.</param>
/// <param name="HasMore">Whether there is more to examine now.</param>
internal sealed record FeedSlice(IReadOnlyList<Event> Events, IReadOnlyList<FeedPosition> Positions, bool HasMore)
{
    /// <summary>The position after an event.</summary>
    public static FeedPosition PositionAt(Event one) =>
        new(one.RootProgrammeId, one.Sequence, one.OccurredAt.ToUnixTimeMilliseconds(), FeedPosition.MarkOf(one.Id));

    /// <summary>
    /// How far each tree is read once some of the events were consumed. A tree of which no event follows is read as far as the slice
    /// examined it, also where it has none at all. So no reader that is slow with one tree stays behind in the others.
    /// </summary>
    /// <param name="consumed">How many of the events, from the first.</param>
    /// <returns>Without trees that have events in the slice and of which none was consumed.</returns>
    public IEnumerable<FeedPosition> PositionsAfter(int consumed)
    {
        var last = Events.Take(consumed).GroupBy(one => one.RootProgrammeId).ToDictionary(group => group.Key, group => group.Last());
        var following = Events.Skip(consumed).Select(one => one.RootProgrammeId).ToHashSet();
        return Positions
            .Where(at => !following.Contains(at.Tree))
            .Concat(last.Values.Where(one => following.Contains(one.RootProgrammeId)).Select(PositionAt));
    }
}

/// <summary>The database was restored to a moment before the reader's position, and other events have its numbers now.</summary>
/// <param name="goOnFrom">The positions before everything that may be new. Events shortly before them come again.</param>
internal sealed class FeedRestoredException(IReadOnlyList<FeedPosition> goOnFrom) : Exception("The feed's history has changed.")
{
    public IReadOnlyList<FeedPosition> GoOnFrom { get; } = goOnFrom;
}

/// <summary>The caller sees more trees than one cursor follows.</summary>
internal sealed class TooManyTreesException() : Exception("There are too many trees for one cursor.");
