using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace GpuGrants.Webhooks;

/// <summary>Signs a delivery by Standard Webhooks 1.0: HMAC-SHA256 over <c>id.timestamp.body</c>, one signature per secret.</summary>
public static class WebhookSignature
{
    private const string Version = "v1";

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
        byte[] content = [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{unixSeconds}.")), .. body];
        return string.Join(' ', secrets.Select(secret => $"{Version},{Convert.ToBase64String(HMACSHA256.HashData(secret.Key, content))}"));
    }
}
