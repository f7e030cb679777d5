namespace GpuGrants.Quotas.Counting;

/// <summary>Reads the numbers of <see cref="PackedCounters"/>, and refuses what <see cref="PackedWriter"/> does not write.</summary>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes)
{
    private const int LastShift = 63;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    public readonly bool IsAtEnd => _at == _bytes.Length;

    public byte Byte() => _at < _bytes.Length ? _bytes[_at++] : throw CutOff();

    public Guid Id()
    {
        const int Length = 16;
        if (_bytes.Length - _at < Length)
            throw CutOff();
        _at += Length;
        return new Guid(_bytes.Slice(_at - Length, Length), bigEndian: true);
    }

    public ulong Number()
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var group = Byte();
            if (shift == LastShift && group > 1)
                throw Damaged("a number has more than 64 bits");
            value |= (ulong)(group & 0x7F) << shift;
            if (group > 0x7F)
                continue;
            return group != 0 || shift == 0 ? value : throw Damaged("a number is longer than it has to be");
        }
    }

    public long Signed()
    {
        var value = Number();
        return unchecked((long)(value >> 1) ^ -(long)(value & 1));
    }

    /// <summary>Never negative.</summary>
    public long Amount() => Number() is var value && value <= long.MaxValue ? (long)value : throw Damaged("an amount is too large");

    /// <summary>A number of things that the bytes which are left have room for.</summary>
    public readonly int Count(ulong count, int minBytes) =>
        count <= (ulong)((_bytes.Length - _at) / minBytes) ? (int)count : throw CutOff();

    public static FormatException Damaged(string why) => new($"The packed counters are damaged: {why}.");

    private static FormatException CutOff() => Damaged("they end too early");
}
