namespace GpuGrants.Quotas.Counting;

/// <summary>Counters in memory.</summary>
public sealed class QuotaCounters : IQuotaCounters
{
    private readonly Dictionary<CounterKey, QuotaCounter> _counters = [];

    public IReadOnlyDictionary<CounterKey, QuotaCounter> All => _counters;

    public QuotaCounter? Find(CounterKey key) => _counters.TryGetValue(key, out var counter) ? counter : null;

    public QuotaCounter GetOrAdd(CounterKey key)
    {
        if (!_counters.TryGetValue(key, out var counter))
            _counters[key] = counter = new QuotaCounter();
        return counter;
    }

    public void Set(CounterKey key, QuotaCounter counter) => _counters[key] = counter;
}
