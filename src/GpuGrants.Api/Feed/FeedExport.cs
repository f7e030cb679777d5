using System.Runtime.CompilerServices;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Feed;

namespace GpuGrants.Api.Feed;

/// <summary>
/// The events of a period, one look at a time, so that no transaction stays open while a slow caller reads. It ends early where the
/// database is restored meanwhile.
/// </summary>
internal sealed class FeedExport(FeedReader reader, Caller caller, FeedQuery query)
{
    private const int EventsPerLook = 500;

    private FeedQuery _query = query;
    private FeedSlice _slice = new([], [], HasMore: true);

    /// <summary>Where the feed goes on after a restore that ended the reading; null where it was read to its end.</summary>
    public IReadOnlyList<FeedPosition>? GoesOnFrom { get; private set; }

    /// <summary>Finds the beginning and the end in each tree, and the first events.</summary>
    /// <exception cref="TooManyTreesException">There are more than 100 trees.</exception>
    /// <exception cref="FeedRestoredException">The database was restored before there was an event.</exception>
    public async Task BeginAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var ends = await reader.BeforeAsync(caller, _query, to, cancellation);
        // Trees that come in sight later have nothing of the period that was there to read.
        _query = _query with
        {
            Trees = [.. ends.Select(one => one.Tree)],
            Ends = ends.ToDictionary(one => one.Tree, one => one.Sequence),
        };
        _slice = new FeedSlice([], await reader.BeforeAsync(caller, _query, from, cancellation), HasMore: true);
        while (_slice is { Events.Count: 0, HasMore: true })
            _slice = await LookAsync(cancellation);
    }

    /// <summary>All events of the period, in order within each tree.</summary>
    public async IAsyncEnumerable<EventView> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            foreach (var one in _slice.Events)
                yield return EventView.Of(one);
            if (!_slice.HasMore || !await GoesOnAsync(cancellation))
                yield break;
        }
    }

    private Task<FeedSlice> LookAsync(CancellationToken cancellation) =>
        reader.ReadAsync(caller, _query, _slice.Positions, EventsPerLook, cancellation);

    private async Task<bool> GoesOnAsync(CancellationToken cancellation)
    {
        try
        {
            _slice = await LookAsync(cancellation);
            return true;
        }
        catch (FeedRestoredException restored)
        {
            GoesOnFrom = restored.GoOnFrom;
            return false;
        }
    }
}
