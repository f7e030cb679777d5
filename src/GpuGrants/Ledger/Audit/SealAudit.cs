namespace GpuGrants.Ledger.Audit;

/// <summary>
/// Recomputes the seal of one tree, row by row. A block whose hash fits vouches for all its rows; in one whose hash does not, the digests
/// name the rows that were changed. What is missing is named where it is missing, and the audit goes on behind it.
/// </summary>
internal sealed class SealAudit(Guid rootProgrammeId, IReadOnlyList<LedgerBlock> blocks, Action<Finding> found) : IDisposable
{
    private readonly BlockHash _hash = new();
    private readonly List<(long Sequence, Guid Id)> _unlike = [];
    private ReadOnlyMemory<byte> _storedHash = BlockHash.Origin;
    private ReadOnlyMemory<byte> _trueHash = BlockHash.Origin;
    private long _number;
    private long _last;
    private int _index;
    private bool _isOpen;
    private string? _unlinked;

    /// <summary>Transfers that blocks cover.</summary>
    public long Sealed { get; } = blocks.Aggregate(0L, (sum, block) => sum + Rows(block));

    /// <summary>The last transfer that is sealed.</summary>
    public long LastSequence { get; } = blocks.Count == 0 ? 0 : blocks[^1].LastSequence;

    /// <summary>Whether the row is the one that was sealed under its number; null when none was.</summary>
    public bool? Fits(Transfer transfer)
    {
        var block = blocks
            .Skip(_index)
            .FirstOrDefault(one => transfer.Sequence >= one.FirstSequence && transfer.Sequence <= one.LastSequence);
        if (block is null)
            return null;
        using var hash = new BlockHash();
        hash.Start(rootProgrammeId, block.Number, block.FirstSequence, block.PreviousHash.Span);
        hash.Add(transfer);
        return hash.LastDigest.SequenceEqual(Digest(block, transfer.Sequence));
    }

    /// <summary>Takes the next row; their numbers rise. Says whether it is what was sealed; null when it is not sealed.</summary>
    public bool? Take(Transfer transfer)
    {
        while (_index < blocks.Count && blocks[_index].LastSequence < transfer.Sequence)
            Close(blocks[_index]);
        if (_index >= blocks.Count || transfer.Sequence < blocks[_index].FirstSequence)
            return null;
        var block = blocks[_index];
        Open(block);
        _hash.Add(transfer);
        var fits = _hash.LastDigest.SequenceEqual(Digest(block, transfer.Sequence));
        if (!fits)
            _unlike.Add((transfer.Sequence, transfer.Id));
        if (transfer.Sequence == block.LastSequence)
            Close(block);
        return fits;
    }

    public void Finish()
    {
        while (_index < blocks.Count)
            Close(blocks[_index]);
    }

    public void Dispose() => _hash.Dispose();

    private static long Rows(LedgerBlock block) => block.LastSequence - block.FirstSequence + 1;

    private static ReadOnlySpan<byte> Digest(LedgerBlock block, long sequence)
    {
        var place = (sequence - block.FirstSequence) * LedgerBlock.DigestBytes;
        return place + LedgerBlock.DigestBytes > block.RowDigests.Length
            ? []
            : block.RowDigests.Span.Slice((int)place, LedgerBlock.DigestBytes);
    }

    private void Open(LedgerBlock block)
    {
        if (_isOpen)
            return;
        _isOpen = true;
        _unlinked = Link(block);
        _hash.Start(rootProgrammeId, block.Number, block.FirstSequence, block.PreviousHash.Span);
    }

    /// <summary>Why the block does not follow the one before it; null when it does, or when the one before it is missing.</summary>
    private string? Link(LedgerBlock block)
    {
        if (block.Number > _number + 1)
        {
            var names =
                block.Number == _number + 2
                    ? $"Block {_number + 1} is missing: it sealed"
                    : $"Blocks {_number + 1} to {block.Number - 1} are missing: they sealed";
            found(
                new Finding(
                    FindingCodes.BlockMissing,
                    $"{names} transfers {_last + 1} to {block.FirstSequence - 1}.",
                    rootProgrammeId,
                    _last + 1,
                    BlockNumber: _number + 1
                )
            );
            return null;
        }

        if (block.Number != _number + 1 || block.FirstSequence != _last + 1)
            return $"Block {block.Number} should begin with transfer {_last + 1}, not {block.FirstSequence}.";
        return block.PreviousHash.Span.SequenceEqual(_storedHash.Span) || block.PreviousHash.Span.SequenceEqual(_trueHash.Span)
            ? null
            : $"Block {block.Number} does not follow the block before it.";
    }

    private void Close(LedgerBlock block)
    {
        Open(block);
        var missing = Rows(block) - _hash.Count;
        var (hash, _) = _hash.Finish();
        var fits = missing == 0 && block.Hash.Span.SequenceEqual(hash);
        if (!fits)
            foreach (var (sequence, id) in _unlike)
                found(
                    new Finding(
                        FindingCodes.TransferChanged,
                        $"Transfer {id} is not what was sealed.",
                        rootProgrammeId,
                        sequence,
                        id,
                        BlockNumber: block.Number
                    )
                );
        var wrong =
            _unlinked
            ?? (
                missing != 0
                    ? $"Block {block.Number} seals transfers {block.FirstSequence} to {block.LastSequence}; {missing} of them are missing."
                    : null
            )
            ?? (!fits ? $"The hash of block {block.Number} is not that of its transfers." : null)
            ?? (_unlike.Count > 0 ? $"The row digests of block {block.Number} are not those of its transfers." : null);
        if (wrong is not null)
            found(new Finding(FindingCodes.BlockBroken, wrong, rootProgrammeId, BlockNumber: block.Number));
        _trueHash = missing == 0 ? hash : block.Hash;
        (_storedHash, _number, _last, _isOpen) = (block.Hash, block.Number, block.LastSequence, false);
        _unlike.Clear();
        _index++;
    }
}
