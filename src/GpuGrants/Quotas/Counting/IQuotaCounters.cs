namespace GpuGrants.Quotas.Counting;

/// <summary>The counters that a decision may read and facts change.</summary>
public interface IQuotaCounters
{
    /// <summary>The counter, or null when nothing was ever counted under the key.</summary>
    QuotaCounter? Find(CounterKey key);

    /// <summary>The counter to change, made when missing.</summary>
    QuotaCounter GetOrAdd(CounterKey key);
}
