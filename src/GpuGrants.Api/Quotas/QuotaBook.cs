using GpuGrants.Api.Pipeline;
using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas;

/// <summary>The counters of a tree and of the platform as one: what counts over all trees lives in the platform's.</summary>
public sealed class QuotaBook(BatchState batch, TreeChanges tree) : IQuotaCounters
{
    private readonly QuotaConfig _config = tree.Config.Quotas;

    public void Want(CounterKey key) => HomeOf(key).WantCounter(key);

    public QuotaCounter? Find(CounterKey key) => HomeOf(key).Find(key);

    public QuotaCounter GetOrAdd(CounterKey key) => HomeOf(key).GetOrAdd(key);

    /// <summary>Counts a fact everywhere it counts.</summary>
    public void Apply(QuotaMatch match, QuotaFact fact) => match.Apply(fact, this, key => HomeOf(key).CounterChanged(key));

    private TreeChanges HomeOf(CounterKey key) => _config.PlatformSignatures.Contains(key.SignatureId) ? batch.Tree(TreeId.Platform) : tree;
}
