namespace GpuGrants.Api.Ledger.Archives;

/// <summary>Seals, for an export, what the service has not sealed yet: so that the last rows are under a seal as well.</summary>
internal sealed class BlockMaker(Guid root, long number, long sealedUntil, byte[] previous, DateTimeOffset at) : IDisposable
{
    private readonly BlockHash _hash = new();
    private long _first;
    private long _last;

    /// <summary>The number of the last block.</summary>
    public long Number { get; private set; } = number;

    public byte[] LastHash { get; private set; } = previous;

    /// <summary>Takes the next transfer; returns the block that it fills, if it does.</summary>
    public LedgerBlockRow? Take(Transfer transfer)
    {
        if (transfer.Sequence <= sealedUntil)
            return null;
        if (_hash.Count == 0)
        {
            _first = transfer.Sequence;
            _hash.Start(root, Number + 1, _first, LastHash);
        }

        _hash.Add(transfer);
        _last = transfer.Sequence;
        return _hash.Count == LedgerBlock.MaxRows ? Finish() : null;
    }

    /// <summary>The block of what is left; null when nothing is.</summary>
    public LedgerBlockRow? Finish()
    {
        if (_hash.Count == 0)
            return null;
        var (hash, digests) = _hash.Finish();
        var block = new LedgerBlockRow
        {
            RootProgrammeId = root,
            Number = ++Number,
            FirstSequence = _first,
            LastSequence = _last,
            SealedAt = at,
            PreviousHash = LastHash,
            Hash = hash,
            RowDigests = digests,
        };
        LastHash = hash;
        return block;
    }

    public void Dispose() => _hash.Dispose();
}
