using System.Security.Cryptography;
using GpuGrants.Webhooks;
using Microsoft.AspNetCore.DataProtection;

namespace GpuGrants.Api.Webhooks;

/// <summary>Makes signing secrets, and keeps them encrypted by the key ring.</summary>
public sealed class WebhookSecrets(IDataProtectionProvider protection)
{
    private readonly IDataProtector _secrets = protection.CreateProtector("GpuGrants.Webhooks");

    /// <summary>A new secret, as it is stored and as it is shown.</summary>
    internal (byte[] Stored, string Shown) Make()
    {
        var secret = WebhookSecret.Of(RandomNumberGenerator.GetBytes(WebhookSecret.Bytes));
        return (_secrets.Protect(secret.Key.ToArray()), secret.Reveal());
    }

    /// <summary>The secrets that sign now: the current one, and the one before it while it is valid.</summary>
    internal IReadOnlyList<WebhookSecret> Of(WebhookEndpoint row, DateTimeOffset now)
    {
        var current = WebhookSecret.Of(_secrets.Unprotect(row.Secret));
        return row.PreviousSecret is { } before && row.PreviousSecretUntil > now
            ? [current, WebhookSecret.Of(_secrets.Unprotect(before))]
            : [current];
    }
}
