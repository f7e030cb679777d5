using GpuGrants.Api.Pipeline.Counters;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>The counters of one signature, folded from the history up to a place in it.</summary>
/// <param name="Signature">What is counted.</param>
/// <param name="Counters">What was counted so far. Whoever goes on counts in it.</param>
/// <param name="After">Of a rule of a programme: the place in its tree's history.</param>
internal sealed record HistoryFold(RuleSignature Signature, CountersInMemory Counters, FactPosition After)
{
    private static readonly IReadOnlyDictionary<Guid, long> FromTheBeginning = new Dictionary<Guid, long>();

    /// <summary>Of a rule outside programmes: up to which event of each tree.</summary>
    public IReadOnlyDictionary<Guid, long> Horizon { get; init; } = FromTheBeginning;

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
                one.Count(entry);
        }

        return (count, last);
    }

    /// <summary>As in a decision, a fact that the signature does not count makes no counter.</summary>
    private void Count(FactEntry entry)
    {
        if (!Signature.Covers(entry.Context))
            return;
        List<SubjectId>? subjects = null;
        foreach (var fact in entry.Facts.Where(Signature.Counts))
        {
            if (subjects is null)
                Signature.AddSubjects(entry.Context, subjects = []);
            foreach (var subject in subjects)
                Counters.GetOrAdd(CounterKey.Of(Signature, entry.Context, subject)).Apply(Signature, fact);
        }
    }
}
