using System.Buffers.Binary;

namespace GpuGrants.Feed;

/// <summary>Positions in several trees as bytes: what the cursor of the feed carries.</summary>
/// <remarks>A version byte, then 34 bytes per tree: id, sequence, moment and mark, big-endian. 100 trees fit an address.</remarks>
public static class FeedPositions
{
    /// <summary>The most trees that one reader follows with one cursor.</summary>
    public const int MaxTrees = 100;

    private const byte Version = 1;
    private const int IdBytes = 16;
    private const int MomentBytes = 6;
    private const int PositionBytes = IdBytes + sizeof(long) + MomentBytes + sizeof(uint);

    /// <summary>Writes positions in the order of their trees, so that equal positions have equal bytes.</summary>
    /// <returns>What <see cref="TryRead"/> reads.</returns>
    /// <exception cref="ArgumentException">There are more than <see cref="MaxTrees"/>, or one has no place in the format.</exception>
    public static byte[] Write(IReadOnlyCollection<FeedPosition> positions)
    {
        if (positions.Count > MaxTrees || positions.Any(one => !IsValid(one)))
            throw new ArgumentException($"A cursor has at most {MaxTrees} positions, each after an event.", nameof(positions));
        var bytes = new byte[1 + positions.Count * PositionBytes];
        bytes[0] = Version;
        var rest = bytes.AsSpan(1);
        Span<byte> moment = stackalloc byte[sizeof(long)];
        foreach (var one in positions.OrderBy(one => one.Tree))
        {
            one.Tree.TryWriteBytes(rest, bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(rest[IdBytes..], one.Sequence);
            // The two upper bytes of the moment are zero, and the sequence before them is written already.
            BinaryPrimitives.WriteInt64BigEndian(moment, one.AtMilliseconds);
            moment[^MomentBytes..].CopyTo(rest[(IdBytes + sizeof(long))..]);
            BinaryPrimitives.WriteUInt32BigEndian(rest[(PositionBytes - sizeof(uint))..], one.Mark);
            rest = rest[PositionBytes..];
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <returns>False for any other bytes.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out IReadOnlyList<FeedPosition> positions)
    {
        positions = [];
        if (bytes.Length == 0 || bytes[0] != Version || (bytes.Length - 1) % PositionBytes != 0)
            return false;
        var read = new List<FeedPosition>();
        for (var rest = bytes[1..]; rest.Length > 0; rest = rest[PositionBytes..])
            read.Add(ReadOne(rest));
        var isOurs = read.Count <= MaxTrees && read.TrueForAll(IsValid) && read.DistinctBy(one => one.Tree).Count() == read.Count;
        positions = isOurs ? read : [];
        return isOurs;
    }

    private static FeedPosition ReadOne(ReadOnlySpan<byte> bytes)
    {
        Span<byte> moment = stackalloc byte[sizeof(long)];
        moment.Clear();
        bytes.Slice(IdBytes + sizeof(long), MomentBytes).CopyTo(moment[^MomentBytes..]);
        return new FeedPosition(
            new Guid(bytes[..IdBytes], bigEndian: true),
            BinaryPrimitives.ReadInt64BigEndian(bytes[IdBytes..]),
            BinaryPrimitives.ReadInt64BigEndian(moment),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[(PositionBytes - sizeof(uint))..])
        );
    }

    private static bool IsValid(FeedPosition one) => one.Sequence > 0 && one.AtMilliseconds is >= 0 and < 1L << 48;
}
