using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace GpuGrants.Ledger.Seal;

/// <summary>
/// Computes a block's hash row by row: SHA-256 over its head, the previous block's hash and every row's hash in sequence order.
/// </summary>
public sealed class BlockHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<byte> _scratch = new(512);
    private readonly ArrayBufferWriter<byte> _digests = new(LedgerBlock.DigestBytes);
    private readonly byte[] _rowHash = new byte[SealedRow.HashBytes];

    /// <summary>What the first block of a tree has as its previous hash: 32 zero bytes.</summary>
    public static ReadOnlyMemory<byte> Origin { get; } = new byte[SealedRow.HashBytes];

    /// <summary>Rows added since <see cref="Start"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The digest of the row added last.</summary>
    public ReadOnlySpan<byte> LastDigest => _rowHash.AsSpan(0, LedgerBlock.DigestBytes);

    /// <summary>Begins a block; what was added to an unfinished one is dropped.</summary>
    public void Start(Guid rootProgrammeId, long number, long firstSequence, ReadOnlySpan<byte> previousHash)
    {
        if (Count > 0)
            _hash.GetHashAndReset(_rowHash);
        Count = 0;
        _digests.ResetWrittenCount();
        Span<byte> head = stackalloc byte[1 + 16 + 8 + 8];
        head[0] = 1;
        rootProgrammeId.TryWriteBytes(head[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(head[17..], number);
        BinaryPrimitives.WriteInt64BigEndian(head[25..], firstSequence);
        _hash.AppendData(head);
        _hash.AppendData(previousHash);
    }

    /// <summary>Takes the next transfer of the block, in order of their numbers.</summary>
    public void Add(Transfer transfer)
    {
        SealedRow.Hash(transfer, _scratch, _rowHash);
        _hash.AppendData(_rowHash);
        _digests.Write(LastDigest);
        Count++;
    }

    /// <summary>The block's hash and its rows' digests; the next block begins with <see cref="Start"/>.</summary>
    public (byte[] Hash, byte[] RowDigests) Finish()
    {
        Count = 0;
        return (_hash.GetHashAndReset(), _digests.WrittenSpan.ToArray());
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
