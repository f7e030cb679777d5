using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>A one-time code: 256 random bits, shown once and stored as its SHA-256.</summary>
internal static class ConsentCode
{
    private const string Prefix = "cc_";

    /// <summary>How long a code can be used.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    public static (string Code, byte[] Hash) Make()
    {
        var code = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (code, Hash(code));
    }

    public static byte[] Hash(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code.Trim()));
}
