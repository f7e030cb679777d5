using System.Security.Cryptography;

namespace GpuGrants.Api.Access.KeyRing;

/// <summary>Encrypts with a passphrase: AES-256-GCM under a key that PBKDF2 derives, with a fresh salt and nonce each time.</summary>
internal static class KeyCipher
{
    private const int SaltBytes = 16;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int KeyBytes = 32;
    private const int HeadBytes = SaltBytes + NonceBytes + TagBytes;

    /// <summary>As for the signing keys.</summary>
    private const int Iterations = 210_000;

    public static byte[] Encrypt(ReadOnlySpan<byte> plain, string passphrase)
    {
        var sealedBytes = new byte[HeadBytes + plain.Length];
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(0, SaltBytes + NonceBytes));
        using var aes = Aes(sealedBytes, passphrase);
        aes.Encrypt(
            sealedBytes.AsSpan(SaltBytes, NonceBytes),
            plain,
            sealedBytes.AsSpan(HeadBytes),
            sealedBytes.AsSpan(SaltBytes + NonceBytes, TagBytes)
        );
        return sealedBytes;
    }

    /// <exception cref="CryptographicException">The passphrase is another, or the bytes were changed.</exception>
    public static byte[] Decrypt(ReadOnlySpan<byte> sealedBytes, string passphrase)
    {
        if (sealedBytes.Length < HeadBytes)
            throw new CryptographicException("The stored key is cut short.");
        var plain = new byte[sealedBytes.Length - HeadBytes];
        using var aes = Aes(sealedBytes, passphrase);
        aes.Decrypt(
            sealedBytes.Slice(SaltBytes, NonceBytes),
            sealedBytes[HeadBytes..],
            sealedBytes.Slice(SaltBytes + NonceBytes, TagBytes),
            plain
        );
        return plain;
    }

    private static AesGcm Aes(ReadOnlySpan<byte> sealedBytes, string passphrase) =>
        new(Rfc2898DeriveBytes.Pbkdf2(passphrase, sealedBytes[..SaltBytes], Iterations, HashAlgorithmName.SHA256, KeyBytes), TagBytes);
}
