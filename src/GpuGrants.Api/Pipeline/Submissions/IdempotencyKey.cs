using System.Security.Cryptography;
using System.Text;

namespace GpuGrants.Api.Pipeline.Submissions;

/// <summary>
/// A client's key for one call, with the hash of what it was sent with. Keys of other clients and other endpoints are other keys.
/// </summary>
/// <param name="clientId">The API client.</param>
/// <param name="endpoint">Method and path.</param>
/// <param name="key">As the client chose it.</param>
/// <param name="requestHash">SHA-256 of the query, of whom a partner acts for, and of the body's hash.</param>
public sealed class IdempotencyKey(string clientId, string endpoint, string key, ReadOnlyMemory<byte> requestHash)
{
    /// <summary>The longest key that is taken.</summary>
    public const int MaxLength = 255;

    public ReadOnlyMemory<byte> RequestHash { get; } = requestHash;

    /// <summary>The first 128 bits of the SHA-256 of client, endpoint and key; lengths separate the parts.</summary>
    public Guid Id { get; } =
        new(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{clientId.Length}:{clientId}{endpoint.Length}:{endpoint}{key}")).AsSpan(0, 16),
            bigEndian: true
        );

    public bool SameRequest(ReadOnlySpan<byte> hash) => RequestHash.Span.SequenceEqual(hash);
}
