using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>The counters of one signature, folded from the history up to a place in it.</summary>
/// <remarks>
/// A history of several trees that is read in several passes is not in the order of time where one pass follows another. Where the order
/// matters, entries of the last minute wait for those that belong before them. <see cref="Finish"/> counts the ones that still wait.
/// </remarks>
/// <param name="Signature">What is counted.</param>
/// <param name="Counters">What was counted so far. Whoever goes on counts in it.</param>
/// <param name="After">Of a rule of a programme: the place in its tree's history.</param>
internal sealed record HistoryFold(RuleSignature Signature, CountersInMemory Counters, FactPosition After)
{
    /// <summary>How much earlier than others an entry may be that comes after them: a batch takes its clock, then it may wait.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly IReadOnlyDictionary<Guid, long> FromTheBeginning = new Dictionary<Guid, long>();

    private readonly PriorityQueue<FactEntry, Place> _waiting = new();
    private readonly Dictionary<TreeId, DateTimeOffset> _latest = [];
    private Place _counted;
    private DateTimeOffset _newest;

    /// <summary>Of a rule outside programmes: up to which event of each tree.</summary>
    public IReadOnlyDictionary<Guid, long> Horizon { get; init; } = FromTheBeginning;

    /// <summary>Whether an entry came too late for its place, so that the counters are not what they would be in order.</summary>
    public bool IsOutOfOrder { get; private set; }

    /// <summary>The time of the latest fact in any counter of a tree.</summary>
    public IReadOnlyDictionary<TreeId, DateTimeOffset> Latest => _latest;

    /// <summary>For a signature of which nothing was read yet.</summary>
    public static HistoryFold Nothing(RuleSignature signature) => new(signature, new CountersInMemory(), FactPosition.Beginning);

    /// <summary>Counts entries in each of the folds.</summary>
    /// <returns>How many entries there were, and the place of the last; the beginning where there were none.</returns>
    public static async Task<(int Entries, FactPosition Last)> CountAsync(
        IReadOnlyCollection<HistoryFold> folds,
        IAsyncEnumerable<FactEntry> entries
    )
    {
        var (count, last) = (0, FactPosition.Beginning);
        await foreach (var entry in entries)
        {
            (count, last) = (count + 1, entry.At);
            foreach (var one in folds)
                one.Take(entry);
        }

        return (count, last);
    }

    /// <summary>Counts what waits for entries before it: none comes any more.</summary>
    public void Finish()
    {
        while (_waiting.TryDequeue(out var entry, out _))
            Count(entry);
    }

    private void Take(FactEntry entry)
    {
        if (!Signature.Covers(entry.Context) || !entry.Facts.Any(Signature.Counts))
            return;
        if (!Signature.CountsTreesInOrder)
        {
            Count(entry);
            return;
        }

        var place = Place.Of(entry);
        IsOutOfOrder |= place.CompareTo(_counted) < 0;
        _waiting.Enqueue(entry, place);
        _newest = place.Time > _newest ? place.Time : _newest;
        while (_waiting.TryPeek(out var first, out var next) && next.Time < _newest - Patience)
        {
            _waiting.Dequeue();
            _counted = next;
            Count(first);
        }
    }

    /// <summary>As in a decision, a fact that the signature does not count makes no counter.</summary>
    private void Count(FactEntry entry)
    {
        var subjects = new List<SubjectId>();
        Signature.AddSubjects(entry.Context, subjects);
        foreach (var fact in entry.Facts.Where(Signature.Counts))
        foreach (var subject in subjects)
        {
            var key = CounterKey.Of(Signature, entry.Context, subject);
            Counters.GetOrAdd(key).Apply(Signature, fact);
            _latest[key.Tree] = BusinessTime.Of(fact.At, _latest.GetValueOrDefault(key.Tree));
        }
    }

    /// <summary>The place of an entry among those of all trees, as a recount orders them.</summary>
    private readonly record struct Place(DateTimeOffset Time, Guid Root, FactPosition At) : IComparable<Place>
    {
        public static Place Of(FactEntry entry) => new(entry.Facts[0].At, entry.Context.RootProgrammeId, entry.At);

        public int CompareTo(Place other) =>
            (Time, Root, At.EventSequence, At.Ordinal).CompareTo((other.Time, other.Root, other.At.EventSequence, other.At.Ordinal));
    }
}
