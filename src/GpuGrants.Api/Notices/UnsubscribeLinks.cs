using System.Security.Cryptography;
using System.Text;
using GpuGrants.Api.Access;
using GpuGrants.Api.Mail;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Notices;

/// <summary>
/// Signed addresses, each of which ends one kind of mail for one person. Whoever has the mail has the link, so it needs no sign-in. The key
/// never changes, so links of old mail work.
/// </summary>
public sealed class UnsubscribeLinks(IdentityKey key, IOptions<AccessOptions> access)
{
    /// <summary>The path before person, kind and signature.</summary>
    public const string Path = "/mail/unsubscribe";

    private const string Purpose = "unsubscribe";

    /// <summary>The address that goes into a mail.</summary>
    public string Of(Guid person, string kind) =>
        $"{access.Value.PublicUrl.TrimEnd('/')}{Path}/{person:N}/{kind}/{key.Of(Purpose, Signed(person, kind))}";

    /// <summary>Whether the link is one of ours.</summary>
    public bool IsOurs(Guid person, string kind, string signature) =>
        MailKinds.Notices.Contains(kind)
        && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(signature),
            Encoding.UTF8.GetBytes(key.Of(Purpose, Signed(person, kind)))
        );

    private static string Signed(Guid person, string kind) => $"{person:N}/{kind}";
}
