using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Store;
using Microsoft.AspNetCore.DataProtection;

namespace GpuGrants.Api.Http.Lists;

/// <summary>
/// Where a list goes on: opaque to clients, protected so that a changed one is refused, and bound to the list it came from.
/// </summary>
public sealed class Cursor(IDataProtectionProvider protection)
{
    /// <summary>More than any that we write.</summary>
    private const int MaxLength = 300;

    /// <summary>More than any that we write with positions in a hundred trees.</summary>
    private const int MaxStateLength = 6_000;

    private readonly IDataProtector _lists = protection.CreateProtector("GpuGrants.Cursor");

    /// <summary>Writes where a page ends, of the list that <paramref name="scope"/> names: path, filters and order.</summary>
    public string Write(ListPosition last, string scope) => Base64Url.EncodeToString(_lists.CreateProtector(scope).Protect(last.ToBytes()));

    /// <summary>Writes what a list that is not ordered by one id has to remember.</summary>
    public string WriteState(ReadOnlySpan<byte> state, string scope) =>
        Base64Url.EncodeToString(_lists.CreateProtector(scope).Protect(state.ToArray()));

    /// <exception cref="ProblemException">It is none of ours, of another list, or of a key that is gone.</exception>
    /// <exception cref="CryptographicException">The database that has the keys is away.</exception>
    public ListPosition Read(string cursor, string scope) =>
        Unprotected(cursor, scope, MaxLength) is { } bytes && ListPosition.Read(bytes) is { } position ? position : throw Foreign();

    /// <summary>Reads what <see cref="WriteState"/> wrote.</summary>
    /// <exception cref="ProblemException">It is none of ours, of another list, or of a key that is gone.</exception>
    /// <exception cref="CryptographicException">The database that has the keys is away.</exception>
    public byte[] ReadState(string cursor, string scope) => Unprotected(cursor, scope, MaxStateLength) ?? throw Foreign();

    /// <summary>What a cursor that was not made for the list is answered with.</summary>
    public static ProblemException Foreign() =>
        Problem.Malformed(
            "cursor",
            "The cursor does not belong to this list. Send nextCursor as it was given, with the same filters, or begin with the first page."
        );

    private byte[]? Unprotected(string cursor, string scope, int maxLength)
    {
        if (Bytes(cursor, maxLength) is not { } bytes)
            return null;
        try
        {
            return _lists.CreateProtector(scope).Unprotect(bytes);
        }
        catch (CryptographicException failure) when (!Transient.Is(failure))
        {
            // Answered as what has no form of a cursor at all. While the database that has the keys is away, nothing is known of it.
            return null;
        }
    }

    /// <summary>Null for what is not written as we write it: one cursor has one spelling.</summary>
    private static byte[]? Bytes(string cursor, int maxLength)
    {
        if (cursor.Length > maxLength || !cursor.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '_'))
            return null;
        var bytes = new byte[cursor.Length];
        return
            Base64Url.DecodeFromChars(cursor, bytes, out _, out var written) == OperationStatus.Done
            && Base64Url.EncodeToString(bytes.AsSpan(0, written)) == cursor
            ? bytes[..written]
            : null;
    }
}
