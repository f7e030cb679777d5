namespace GpuGrants.Ledger;

/// <summary>Recomputes the seal of one tree, row by row: a changed row is named by its digest, a changed chain by its block.</summary>
internal sealed class SealAudit(Guid rootProgrammeId, IReadOnlyList<LedgerBlock> blocks, Action<Finding> found) : IDisposable
{
    private readonly BlockHash _hash = new();
    private byte[] _previous = BlockHash.Origin.ToArray();
    private int _index;
    private bool _isOpen;

    /// <summary>Transfers that blocks cover.</summary>
    public long Sealed => blocks.Count == 0 ? 0 : blocks[^1].LastSequence;

    public void Take(Transfer transfer)
    {
        if (_index >= blocks.Count) return;
        var block = blocks[_index];
        if (!_isOpen) Open(block);
        if (transfer.Sequence < block.FirstSequence || transfer.Sequence > block.LastSequence) return;
        _hash.Add(transfer);
        var place = (int)(transfer.Sequence - block.FirstSequence) * LedgerBlock.DigestBytes;
        if (place + LedgerBlock.DigestBytes > block.RowDigests.Length || !_hash.LastDigest.SequenceEqual(block.RowDigests.Span.Slice(place, LedgerBlock.DigestBytes)))
            found(new Finding(FindingCodes.TransferChanged, $"Transfer {transfer.Id} is not what was sealed.", rootProgrammeId, transfer.Sequence, transfer.Id, BlockNumber: block.Number));
        if (transfer.Sequence == block.LastSequence) Close(block);
    }

    /// <summary>Blocks whose rows did not all come are broken.</summary>
    public void Finish()
    {
        for (; _index < blocks.Count; _index++)
            found(new Finding(FindingCodes.BlockBroken, $"Block {blocks[_index].Number} seals transfers {blocks[_index].FirstSequence} to {blocks[_index].LastSequence}, which are not all there.", rootProgrammeId, BlockNumber: blocks[_index].Number));
    }

    public void Dispose() => _hash.Dispose();

    private void Open(LedgerBlock block)
    {
        _isOpen = true;
        var expected = _index == 0 ? 1 : blocks[_index - 1].LastSequence + 1;
        if (block.Number != _index + 1 || block.FirstSequence != expected)
            found(new Finding(FindingCodes.BlockMissing, $"Block {_index + 1}, which begins with transfer {expected}, is missing.", rootProgrammeId, expected, BlockNumber: _index + 1));
        if (!block.PreviousHash.Span.SequenceEqual(_previous))
            found(new Finding(FindingCodes.BlockBroken, $"Block {block.Number} does not follow the block before it.", rootProgrammeId, BlockNumber: block.Number));
        _hash.Start(rootProgrammeId, block.Number, block.FirstSequence, block.PreviousHash.Span);
    }

    private void Close(LedgerBlock block)
    {
        var complete = _hash.Count == block.LastSequence - block.FirstSequence + 1;
        var (hash, _) = _hash.Finish();
        if (!complete || !block.Hash.Span.SequenceEqual(hash))
            found(new Finding(FindingCodes.BlockBroken, $"The hash of block {block.Number} is not that of its transfers.", rootProgrammeId, BlockNumber: block.Number));
        _previous = block.Hash.ToArray();
        _isOpen = false;
        _index++;
    }
}
