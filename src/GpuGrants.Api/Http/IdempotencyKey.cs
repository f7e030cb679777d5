using System.Security.Cryptography;
using System.Text;

namespace GpuGrants.Api.Http;

/// <summary>A client's key for one call, with the hash of what it was sent with. Keys of other clients and other endpoints are other keys.</summary>
/// <param name="ClientId">The API client.</param>
/// <param name="Endpoint">Method and path.</param>
/// <param name="Key">As the client chose it.</param>
/// <param name="RequestHash">SHA-256 of query and body.</param>
public sealed record IdempotencyKey(string ClientId, string Endpoint, string Key, ReadOnlyMemory<byte> RequestHash)
{
    /// <summary>The longest key that is taken.</summary>
    public const int MaxLength = 255;

    /// <summary>The first 128 bits of the SHA-256 of client, endpoint and key; lengths keep parts apart.</summary>
    public Guid Id { get; } = new(SHA256.HashData(Encoding.UTF8.GetBytes($"{ClientId.Length}:{ClientId}{Endpoint.Length}:{Endpoint}{Key}")).AsSpan(0, 16), bigEndian: true);

    public bool SameRequest(ReadOnlySpan<byte> hash) => RequestHash.Span.SequenceEqual(hash);
}
