using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace GpuGrants.Api.Http;

/// <summary>The position in a list. It is opaque to clients, signed against changes, and bound to its list.</summary>
public sealed class Cursor(byte[] key)
{
    private const int MacBytes = 12;

    /// <summary>Writes the last id of a page of the list that <paramref name="scope"/> names: path and filters.</summary>
    public string Write(Guid last, string scope)
    {
        Span<byte> bytes = stackalloc byte[16 + MacBytes];
        last.TryWriteBytes(bytes, bigEndian: true, out _);
        Mac(bytes[..16], scope).AsSpan(0, MacBytes).CopyTo(bytes[16..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="ProblemException">It is none of ours, or of another list.</exception>
    public Guid Read(string cursor, string scope)
    {
        Span<byte> bytes = stackalloc byte[16 + MacBytes];
        if (
            cursor.Length != Base64Url.GetEncodedLength(bytes.Length)
            || !cursor.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '_')
            || Base64Url.DecodeFromChars(cursor, bytes, out _, out var written) != OperationStatus.Done
            || written != bytes.Length
            || Base64Url.EncodeToString(bytes) != cursor
            || !CryptographicOperations.FixedTimeEquals(Mac(bytes[..16], scope).AsSpan(0, MacBytes), bytes[16..])
        )
        {
            throw Problem.Malformed(
                "cursor",
                "The cursor does not belong to this list. Send nextCursor as it was given, with the same filters."
            );
        }

        return new Guid(bytes[..16], bigEndian: true);
    }

    private byte[] Mac(ReadOnlySpan<byte> id, string scope) => HMACSHA256.HashData(key, (byte[])[.. id, .. Encoding.UTF8.GetBytes(scope)]);
}
