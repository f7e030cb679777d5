namespace GpuGrants.Api.Decisions;

/// <summary>Counters to try something on: what changes is copied first, so that the batch's own counters stay as they are.</summary>
internal sealed class CopiedCounters(IQuotaCounters counters) : IQuotaCounters
{
    private readonly Dictionary<CounterKey, QuotaCounter> _copies = [];

    public QuotaCounter? Find(CounterKey key) => _copies.GetValueOrDefault(key) ?? counters.Find(key);

    public QuotaCounter GetOrAdd(CounterKey key)
    {
        if (!_copies.TryGetValue(key, out var copy))
            _copies[key] = copy = counters.Find(key)?.Copy() ?? new QuotaCounter();
        return copy;
    }
}
