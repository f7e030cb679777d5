using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Decisions;

/// <summary>The counters of all trees of a batch as one: each counter's key says in which tree it lives.</summary>
public sealed class BatchCounters(BatchState batch) : IQuotaCounters
{
    public void Want(CounterKey key)
    {
        ReviewsLapsedAnywhere.Plan(batch, key.Tree);
        batch.WantCounter(key);
    }

    /// <summary>What counts now: without what reviews hold whose time is over.</summary>
    public QuotaCounter? Find(CounterKey key) =>
        ReviewsLapsedAnywhere.Without(batch, key, batch.FoldedForAnswer.Find(key) ?? batch.Tree(key.Tree).Find(key));

    public QuotaCounter GetOrAdd(CounterKey key) => batch.FoldedForAnswer.Find(key) ?? batch.Tree(key.Tree).GetOrAdd(key);

    /// <summary>Counts a fact everywhere it counts.</summary>
    public void Apply(QuotaMatch match, QuotaFact fact) => match.Apply(fact, this, key => batch.Tree(key.Tree).CounterChanged(key));
}

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
