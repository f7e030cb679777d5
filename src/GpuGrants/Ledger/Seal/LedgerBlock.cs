namespace GpuGrants.Ledger.Seal;

/// <summary>A sealed run of a tree's transfers. Its hash covers every row and the block before it.</summary>
public sealed record LedgerBlock(
    Guid RootProgrammeId,
    long Number,
    long FirstSequence,
    long LastSequence,
    ReadOnlyMemory<byte> PreviousHash,
    ReadOnlyMemory<byte> Hash,
    ReadOnlyMemory<byte> RowDigests
)
{
    /// <summary>The most transfers that a block may have.</summary>
    public const int MaxRows = 10_000;

    /// <summary>Bytes of each row's hash that <see cref="RowDigests"/> keeps.</summary>
    public const int DigestBytes = 8;
}
