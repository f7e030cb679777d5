namespace GpuGrants.Quotas.Counting;

/// <summary>Writes the numbers of <see cref="PackedCounters"/> into bytes that are long enough for them.</summary>
internal ref struct PackedWriter(Span<byte> bytes)
{
    /// <summary>What a number takes at most: 64 bits in groups of 7.</summary>
    public const int MaxNumberBytes = 10;

    private readonly Span<byte> _bytes = bytes;
    private int _at;

    public readonly ReadOnlySpan<byte> Written => _bytes[.._at];

    public void Byte(byte value) => _bytes[_at++] = value;

    public void Id(Guid id)
    {
        if (!id.TryWriteBytes(_bytes[_at..], bigEndian: true, out var written))
            throw new InvalidOperationException("The bytes are too short for the counters.");
        _at += written;
    }

    public void Number(ulong value)
    {
        for (; value > 0x7F; value >>= 7)
            Byte((byte)((value & 0x7F) | 0x80));
        Byte((byte)value);
    }

    /// <summary>Small numbers of either sign become short ones.</summary>
    public void Signed(long value) => Number(unchecked((ulong)(value << 1) ^ (ulong)(value >> 63)));
}
