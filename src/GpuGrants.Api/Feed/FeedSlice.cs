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

    /// <summary>The positions after some of the events, the first ones, of the trees that they are of.</summary>
    public static IReadOnlyList<FeedPosition> PositionsOf(IEnumerable<Event> first) =>
        [.. first.GroupBy(one => one.RootProgrammeId).Select(group => PositionAt(group.Last()))];
}

/// <summary>The database was restored to a moment before the reader's position, and other events have its numbers now.</summary>
/// <param name="goOnFrom">The positions before everything that may be new. Events shortly before them come again.</param>
internal sealed class FeedRestoredException(IReadOnlyList<FeedPosition> goOnFrom) : Exception("The feed's history has changed.")
{
    public IReadOnlyList<FeedPosition> GoOnFrom { get; } = goOnFrom;
}

/// <summary>The caller sees more trees than one cursor follows.</summary>
internal sealed class TooManyTreesException() : Exception("There are too many trees for one cursor.");
