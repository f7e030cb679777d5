using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace GpuGrants.Api.Access.KeyRing;

/// <summary>Encrypts the secret part of a Data Protection key with the configured passphrase.</summary>
internal sealed class PassphraseXmlEncryptor(string passphrase) : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var encrypted = new XElement("passphraseEncrypted", Convert.ToBase64String(KeyCipher.Encrypt(plain, passphrase)));
        return new EncryptedXmlInfo(encrypted, typeof(PassphraseXmlDecryptor));
    }
}

/// <summary>
/// Decrypts what <see cref="PassphraseXmlEncryptor"/> encrypted. Data Protection makes it by its name, which stored keys hold.
/// </summary>
public sealed class PassphraseXmlDecryptor(IServiceProvider services) : IXmlDecryptor
{
    /// <exception cref="CryptographicException">No passphrase is configured, or another than when the key was made.</exception>
    public XElement Decrypt(XElement encryptedElement)
    {
        var passphrase =
            services.GetRequiredService<KeyPassphrase>().Value
            ?? throw new CryptographicException(
                "The stored keys are encrypted. Configure Access:KeyPassphrase or Access:KeyPassphraseFile."
            );
        return XElement.Parse(Encoding.UTF8.GetString(KeyCipher.Decrypt(Convert.FromBase64String(encryptedElement.Value), passphrase)));
    }
}
