using System.Collections.Concurrent;

namespace GpuGrants.Api.Http.Limiting;

/// <summary>Counts what each person has open at a time, through all principals and clients, on this replica.</summary>
/// <param name="most">The most of one person; 0 for no limit.</param>
public sealed class PersonPlaces(int most)
{
    private readonly ConcurrentDictionary<Guid, int> _taken = [];

    /// <summary>The most of one person; 0 for no limit.</summary>
    public int Most { get; } = most;

    /// <summary>Takes a place.</summary>
    /// <returns>What frees the place when it is disposed; null when the person has taken all of theirs.</returns>
    public IDisposable? Enter(Guid person)
    {
        if (_taken.AddOrUpdate(person, 1, (_, taken) => taken + 1) <= Most || Most == 0)
            return new Place(this, person);
        Leave(person);
        return null;
    }

    private void Leave(Guid person)
    {
        // Whoever has no place left is forgotten, so that memory holds only those who have one.
        if (_taken.AddOrUpdate(person, 0, (_, taken) => taken - 1) == 0)
            _taken.TryRemove(KeyValuePair.Create(person, 0));
    }

    private sealed class Place(PersonPlaces places, Guid person) : IDisposable
    {
        public void Dispose() => places.Leave(person);
    }
}
