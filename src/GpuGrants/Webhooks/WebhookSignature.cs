using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace GpuGrants.Webhooks;

/// <summary>Signs a delivery by Standard Webhooks 1.0: HMAC-SHA256 over <c>id.timestamp.body</c>, one signature per secret.</summary>
public static class WebhookSignature
{
    private const string Version = "v1";

    /// <summary>A hash in base64.</summary>
    private const int HashChars = 44;

    /// <summary>The longest number with its two full stops.</summary>
    private const int MaxSecondsBytes = 22;

    /// <summary>The value of <c>webhook-signature</c>.</summary>
    /// <param name="secrets">The current secret first, then those that are still valid.</param>
    /// <param name="id">The value of <c>webhook-id</c>, without a full stop.</param>
    /// <param name="unixSeconds">The value of <c>webhook-timestamp</c>: seconds since 1970.</param>
    /// <param name="body">The bytes that are sent.</param>
    /// <returns>Signatures separated by spaces.</returns>
    /// <exception cref="ArgumentException">The id has a full stop, which would let one message pass for another.</exception>
    public static string Of(IReadOnlyList<WebhookSecret> secrets, string id, long unixSeconds, ReadOnlySpan<byte> body)
    {
        if (id.Contains('.', StringComparison.Ordinal))
            throw new ArgumentException("An id has no full stop.", nameof(id));
        var content = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(id.Length) + MaxSecondsBytes + body.Length);
        try
        {
            var length = Encoding.UTF8.GetBytes(id, content);
            content[length++] = (byte)'.';
            Utf8Formatter.TryFormat(unixSeconds, content.AsSpan(length), out var digits);
            length += digits;
            content[length++] = (byte)'.';
            body.CopyTo(content.AsSpan(length));
            return Of(secrets, content.AsSpan(0, length + body.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }

    private static string Of(IReadOnlyList<WebhookSecret> secrets, ReadOnlySpan<byte> content)
    {
        var text = new StringBuilder(secrets.Count * (Version.Length + HashChars + 2));
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<char> chars = stackalloc char[HashChars];
        foreach (var secret in secrets)
        {
            HMACSHA256.HashData(secret.Key, content, hash);
            Convert.TryToBase64Chars(hash, chars, out _);
            text.Append(text.Length == 0 ? "" : " ").Append(Version).Append(',').Append(chars);
        }

        return text.ToString();
    }
}
