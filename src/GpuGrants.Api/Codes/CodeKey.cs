using System.Globalization;
using GpuGrants.Api.Access;
using GpuGrants.Codes;

namespace GpuGrants.Api.Codes;

/// <summary>Makes the codes of a batch, each time the same. Without the key nobody tells a code from a guess.</summary>
public sealed class CodeKey(IdentityKey key)
{
    /// <summary>The code of a batch with this number.</summary>
    public GrantCode Of(Guid batch, int number) =>
        GrantCode.FromHash(Hash("grant-code", string.Create(CultureInfo.InvariantCulture, $"{batch:N}:{number}")));

    /// <summary>What is stored of a code, and finds it again.</summary>
    /// <returns>32 bytes.</returns>
    public byte[] LookupOf(GrantCode code) => Hash("grant-code-lookup", code.Symbols);

    private byte[] Hash(string purpose, string text) => Convert.FromHexString(key.Of(purpose, text));
}
