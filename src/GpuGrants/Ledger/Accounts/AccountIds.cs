using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace GpuGrants.Ledger.Accounts;

/// <summary>
/// Account ids are made from what the account is: the same kind, unit and owner always have the same account, so that nobody has to look
/// one up and two replicas can never make two.
/// </summary>
/// <remarks>
/// An id begins with the 48 bits with which the owner's UUIDv7 begins, its time. Accounts that are made together are therefore neighbours
/// in every index by account. With random ids, each new account and transfer would touch a page of its own, and log it.
/// </remarks>
public static class AccountIds
{
    private const int TimeBytes = 6;

    /// <summary>A UUIDv8 (RFC 9562): the owner's time, then 74 bits of the SHA-256 of owner, kind and unit.</summary>
    /// <returns>The same id for the same three, always.</returns>
    public static Guid Of(AccountKind kind, LedgerUnit unit, Guid ownerId)
    {
        Span<byte> text = stackalloc byte[16 + 128];
        ownerId.TryWriteBytes(text, bigEndian: true, out _);
        var length = 16 + Encoding.UTF8.GetBytes(kind.Code(), text[16..]);
        text[length++] = (byte)'|';
        var code = unit.Code;
        if (code.Length > 30 && Encoding.UTF8.GetByteCount(code) > text.Length - length)
            return OfLong(kind, code, ownerId);
        length += Encoding.UTF8.GetBytes(code, text[length..]);
        return FromHash(text[..length]);
    }

    /// <summary>Where all accounts of an owner lie, beside those of owners of the same millisecond.</summary>
    /// <param name="ownerId">The owner.</param>
    /// <returns>The first and the last id that such an account can have.</returns>
    public static (Guid First, Guid Last) RangeOf(Guid ownerId)
    {
        Span<byte> bytes = stackalloc byte[16];
        ownerId.TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[TimeBytes..].Clear();
        var first = new Guid(bytes, bigEndian: true);
        bytes[TimeBytes..].Fill(byte.MaxValue);
        return (first, new Guid(bytes, bigEndian: true));
    }

    private static Guid OfLong(AccountKind kind, string unit, Guid ownerId) =>
        FromHash([.. ownerId.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes($"{kind.Code()}|{unit}")]);

    /// <param name="text">Begins with the owner's id.</param>
    private static Guid FromHash(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        text[..TimeBytes].CopyTo(hash);
        var version = BinaryPrimitives.ReadUInt16BigEndian(hash[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(hash[6..], (ushort)((version & 0x0FFF) | 0x8000));
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
