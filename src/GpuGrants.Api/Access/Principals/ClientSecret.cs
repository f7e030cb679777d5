using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace GpuGrants.Api.Access.Principals;

/// <summary>A client's secret: 256 random bits, shown once and stored as its SHA-256.</summary>
public static class ClientSecret
{
    private const string Prefix = "gg_";

    public static (string Secret, byte[] Hash) Make()
    {
        var secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (secret, Hash(secret));
    }

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public static bool Matches(string secret, ReadOnlySpan<byte> hash) => CryptographicOperations.FixedTimeEquals(Hash(secret), hash);
}
