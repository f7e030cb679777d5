using System.Buffers.Binary;
using System.Security.Cryptography;

namespace GpuGrants.Feed;

/// <summary>How far a reader has read the events of one tree, with what proves that the tree's history is still the same.</summary>
/// <param name="Tree">The tree, as rows store it.</param>
/// <param name="Sequence">The number of the last event that was read, above 0.</param>
/// <param name="AtMilliseconds">When that event happened, in milliseconds since 1970, at most 2^48.</param>
/// <param name="Mark">A hash of that event's id: another event has the number after a database was restored to an earlier moment.</param>
public readonly record struct FeedPosition(Guid Tree, long Sequence, long AtMilliseconds, uint Mark)
{
    /// <summary>The hash of an event's id, as positions carry it.</summary>
    /// <returns>The first four bytes of its SHA-256.</returns>
    public static uint MarkOf(Guid eventId)
    {
        Span<byte> id = stackalloc byte[16];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        eventId.TryWriteBytes(id, bigEndian: true, out _);
        SHA256.HashData(id, hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}
