namespace GpuGrants.Quotas.Counting;

/// <summary>
/// All counters of one subject in one tree, by what they count. They are stored together, as <see cref="PackedCounters"/>. Not thread-safe.
/// </summary>
public sealed class SubjectCounters
{
    private readonly Dictionary<Guid, QuotaCounter> _bySignature = [];

    /// <summary>The counters by the id of their signature.</summary>
    public IReadOnlyDictionary<Guid, QuotaCounter> All => _bySignature;

    /// <summary>The counter, or null when nothing was ever counted for the signature.</summary>
    public QuotaCounter? Find(Guid signatureId) => _bySignature.TryGetValue(signatureId, out var counter) ? counter : null;

    /// <summary>The counter to change, made when missing.</summary>
    public QuotaCounter GetOrAdd(Guid signatureId)
    {
        if (!_bySignature.TryGetValue(signatureId, out var counter))
            _bySignature[signatureId] = counter = new QuotaCounter();
        return counter;
    }

    /// <summary>Puts a counter in the place of the one with its signature.</summary>
    public void Set(Guid signatureId, QuotaCounter counter) => _bySignature[signatureId] = counter;

    /// <summary>Leaves out what nobody counts any more.</summary>
    /// <param name="isCounted">Whether somebody still counts the signature. One that comes back needs its history folded again.</param>
    public void Prune(Func<Guid, bool> isCounted)
    {
        // A dictionary lets entries be removed while it is enumerated.
        foreach (var signatureId in _bySignature.Keys)
        {
            if (!isCounted(signatureId))
                _bySignature.Remove(signatureId);
        }
    }
}

/// <summary>Counters in memory, by tree and subject. Not thread-safe.</summary>
public sealed class QuotaCounters : IQuotaCounters
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
