using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace GpuGrants.Ledger.Accounts;

/// <summary>
/// Account ids are made from what the account is: the same kind, unit and owner always have the same account, so that nobody has to look
/// one up and two replicas can never make two.
/// </summary>
public static class AccountIds
{
    /// <summary>A UUIDv8 (RFC 9562) of the SHA-256 of owner, kind and unit.</summary>
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

    private static Guid OfLong(AccountKind kind, string unit, Guid ownerId) =>
        FromHash([.. ownerId.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes($"{kind.Code()}|{unit}")]);

    private static Guid FromHash(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        var version = BinaryPrimitives.ReadUInt16BigEndian(hash[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(hash[6..], (ushort)((version & 0x0FFF) | 0x8000));
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
