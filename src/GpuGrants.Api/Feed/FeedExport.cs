using System.Runtime.CompilerServices;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Feed;

namespace GpuGrants.Api.Feed;

/// <summary>The events of a period, one look at a time, so that no transaction stays open while a slow caller reads.</summary>
internal sealed class FeedExport(FeedReader reader, Caller caller, FeedQuery query)
{
    private const int EventsPerLook = 500;

    private FeedQuery _query = query;
    private IReadOnlyList<FeedPosition> _at = [];

    /// <summary>Finds the beginning and the end in each tree.</summary>
    /// <exception cref="TooManyTreesException">There are more than 100 trees.</exception>
    public async Task BeginAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var ends = await reader.BeforeAsync(caller, _query, to, cancellation);
        _query = _query with { Ends = ends.ToDictionary(one => one.Tree, one => one.Sequence) };
        _at = await reader.BeforeAsync(caller, _query, from, cancellation);
    }

    /// <summary>All events of the period, in order within each tree.</summary>
    public async IAsyncEnumerable<EventView> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var hasMore = true; hasMore; )
        {
            var slice = await reader.ReadAsync(caller, _query, _at, EventsPerLook, cancellation);
            foreach (var one in slice.Events)
                yield return EventView.Of(one);
            hasMore = slice.HasMore;
            _at = slice.Positions;
        }
    }
}
