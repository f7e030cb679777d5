namespace GpuGrants.Quotas.Counting;

/// <summary>Counters in memory.</summary>
public sealed class QuotaCounters : IQuotaCounters
{
    private readonly Dictionary<CounterKey, QuotaCounter> _counters = [];

    /// <summary>Every counter that exists, by key.</summary>
    public IReadOnlyDictionary<CounterKey, QuotaCounter> All => _counters;

    /// <inheritdoc/>
    public QuotaCounter? Find(CounterKey key) => _counters.TryGetValue(key, out var counter) ? counter : null;

    /// <inheritdoc/>
    public QuotaCounter GetOrAdd(CounterKey key)
    {
        if (!_counters.TryGetValue(key, out var counter))
            _counters[key] = counter = new QuotaCounter();
        return counter;
    }

    /// <summary>Puts a counter in the place of the one with its key.</summary>
    public void Set(CounterKey key, QuotaCounter counter) => _counters[key] = counter;
}
