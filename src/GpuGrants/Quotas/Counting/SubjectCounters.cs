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
