using System.Collections.Concurrent;

namespace GpuGrants.Api.Http.Limiting;

/// <summary>
/// Counts what each caller has open at a time on this replica: a person through all principals and clients, or a network of strangers.
/// </summary>
/// <param name="most">The most of one caller; 0 for no limit.</param>
public sealed class PlacesPer<TCaller>(int most)
    where TCaller : notnull
{
    private readonly ConcurrentDictionary<TCaller, int> _taken = [];

    /// <summary>The most of one caller; 0 for no limit.</summary>
    public int Most { get; } = most;

    /// <summary>Takes a place.</summary>
    /// <returns>What frees the place when it is disposed; null when the caller has taken all of theirs.</returns>
    public IDisposable? Enter(TCaller caller)
    {
        if (_taken.AddOrUpdate(caller, 1, (_, taken) => taken + 1) <= Most || Most == 0)
            return new Place(this, caller);
        Leave(caller);
        return null;
    }

    private void Leave(TCaller caller)
    {
        // Whoever has no place left is forgotten, so that memory holds only those who have one.
        if (_taken.AddOrUpdate(caller, 0, (_, taken) => taken - 1) == 0)
            _taken.TryRemove(KeyValuePair.Create(caller, 0));
    }

    private sealed class Place(PlacesPer<TCaller> places, TCaller caller) : IDisposable
    {
        public void Dispose() => places.Leave(caller);
    }
}
