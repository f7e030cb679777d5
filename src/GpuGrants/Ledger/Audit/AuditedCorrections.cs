namespace GpuGrants.Ledger.Audit;

/// <summary>All corrections that an audit met, each to be held against the transfer that it names.</summary>
internal sealed class AuditedCorrections
{
    private readonly Dictionary<Guid, List<Transfer>> _byOriginal = [];

    /// <summary>The transfers that corrections name.</summary>
    public IReadOnlyCollection<Guid> CorrectedIds => _byOriginal.Keys;

    public void Take(Transfer transfer)
    {
        if (transfer.CorrectsId is not { } id)
            return;
        if (!_byOriginal.TryGetValue(id, out var corrections))
            _byOriginal[id] = corrections = [];
        corrections.Add(transfer);
    }

    /// <summary>Names every correction that does not fit what it corrects.</summary>
    /// <param name="originals">The transfers of <see cref="CorrectedIds"/>, as far as they are there.</param>
    /// <param name="isExplained">Whether a missing transfer explains that one is not.</param>
    public IEnumerable<(Transfer Correction, string Message)> Check(IReadOnlyCollection<Transfer> originals, Func<bool> isExplained)
    {
        var byId = new Dictionary<Guid, Transfer>();
        foreach (var original in originals)
            byId.TryAdd(original.Id, original);
        foreach (var (id, corrections) in _byOriginal)
        {
            if (!byId.TryGetValue(id, out var original) && isExplained())
                continue;
            var sum = Int128.Zero;
            foreach (var correction in corrections)
            {
                sum += correction.Amount;
                if (original is null)
                    yield return (correction, $"It corrects transfer {id}, which does not exist.");
                else if (!Fits(correction, original))
                    yield return (correction, $"It does not reverse transfer {id}, which it corrects.");
                else if (sum > original.Amount)
                    yield return (correction, $"Corrections up to it take back {sum} of transfer {id}, which moved {original.Amount}.");
            }
        }
    }

    private static bool Fits(Transfer correction, Transfer original) =>
        original.Kind is TransferKind.Posted or TransferKind.Post
        && original.Sequence < correction.Sequence
        && original.Unit == correction.Unit
        && original.DebitAccountId == correction.CreditAccountId
        && original.CreditAccountId == correction.DebitAccountId;
}
