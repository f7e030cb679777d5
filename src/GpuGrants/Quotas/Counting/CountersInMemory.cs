namespace GpuGrants.Quotas.Counting;

/// <summary>Counters in memory, by tree and subject. Not thread-safe.</summary>
public sealed class CountersInMemory : IQuotaCounters
{
    private readonly Dictionary<SubjectKey, SubjectCounters> _subjects = [];

    // Most rules that follow each other count the same subject. So they find it without another look into a large table.
    private SubjectKey _latest;
    private SubjectCounters? _countersOfLatest;

    /// <summary>The counters of each subject that has one.</summary>
    public IReadOnlyDictionary<SubjectKey, SubjectCounters> Subjects => _subjects;

    /// <summary>Every counter that exists, by key.</summary>
    public IEnumerable<KeyValuePair<CounterKey, QuotaCounter>> All =>
        _subjects.SelectMany(subject =>
            subject.Value.All.Select(one => KeyValuePair.Create(new CounterKey(subject.Key.Tree, one.Key, subject.Key.Id), one.Value))
        );

    /// <inheritdoc/>
    public QuotaCounter? Find(CounterKey key) => Subject(key)?.Find(key.SignatureId);

    /// <inheritdoc/>
    public QuotaCounter GetOrAdd(CounterKey key) => SubjectOrNew(key).GetOrAdd(key.SignatureId);

    /// <summary>Puts a counter in the place of the one with its key.</summary>
    public void Set(CounterKey key, QuotaCounter counter) => SubjectOrNew(key).Set(key.SignatureId, counter);

    private SubjectCounters SubjectOrNew(CounterKey key)
    {
        if (Subject(key) is { } counters)
            return counters;
        counters = new SubjectCounters();
        _subjects[new SubjectKey(key.Tree, key.Subject)] = counters;
        return counters;
    }

    private SubjectCounters? Subject(CounterKey key)
    {
        if (_countersOfLatest is not null && _latest.Id == key.Subject && _latest.Tree == key.Tree)
            return _countersOfLatest;
        if (!_subjects.TryGetValue(new SubjectKey(key.Tree, key.Subject), out var counters))
            return null;
        (_latest, _countersOfLatest) = (new SubjectKey(key.Tree, key.Subject), counters);
        return counters;
    }
}
