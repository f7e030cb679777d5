using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using GpuGrants.Api.Http.Answering;
using Microsoft.AspNetCore.DataProtection;

namespace GpuGrants.Api.Http.Lists;

/// <summary>
/// Where a list goes on: opaque to clients, protected so that a changed one is refused, and bound to the list it came from.
/// </summary>
public sealed class Cursor(IDataProtectionProvider protection)
{
    /// <summary>More than any that we write.</summary>
    private const int MaxLength = 300;

    private readonly IDataProtector _lists = protection.CreateProtector("GpuGrants.Cursor");

    /// <summary>Writes where a page ends, of the list that <paramref name="scope"/> names: path, filters and order.</summary>
    public string Write(ListPosition last, string scope) => Base64Url.EncodeToString(_lists.CreateProtector(scope).Protect(last.ToBytes()));

    /// <exception cref="ProblemException">It is none of ours, of another list, or of a key that is gone.</exception>
    public ListPosition Read(string cursor, string scope)
    {
        if (Bytes(cursor) is { } bytes)
        {
            try
            {
                if (ListPosition.Read(_lists.CreateProtector(scope).Unprotect(bytes)) is { } position)
                    return position;
            }
            catch (CryptographicException)
            {
                // Answered as what has no form of a cursor at all.
            }
        }

        throw Problem.Malformed(
            "cursor",
            "The cursor does not belong to this list. Send nextCursor as it was given, with the same filters, or begin with the first page."
        );
    }

    /// <summary>Null for what is not written as we write it: one cursor has one spelling.</summary>
    private static byte[]? Bytes(string cursor)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        if (
            cursor.Length > MaxLength
            || !cursor.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '_')
            || Base64Url.DecodeFromChars(cursor, bytes, out _, out var written) != OperationStatus.Done
            || Base64Url.EncodeToString(bytes[..written]) != cursor
        )
            return null;
        return bytes[..written].ToArray();
    }
}
