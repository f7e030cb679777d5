using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using GpuGrants.Api.Store;
using GpuGrants.Webhooks;
using Microsoft.AspNetCore.DataProtection;

namespace GpuGrants.Api.Webhooks;

/// <summary>Makes signing secrets, and keeps them encrypted by the key ring.</summary>
public sealed class WebhookSecrets(IDataProtectionProvider protection)
{
    private readonly IDataProtector _secrets = protection.CreateProtector("GpuGrants.Webhooks");

    /// <summary>Decrypted once for each row that was read, as a run signs many deliveries by it.</summary>
    private readonly ConditionalWeakTable<WebhookEndpoint, Pair> _known = [];

    /// <summary>A new secret, as it is stored and as it is shown.</summary>
    internal (byte[] Stored, string Shown) Make()
    {
        var secret = WebhookSecret.Of(RandomNumberGenerator.GetBytes(WebhookSecret.Bytes));
        return (_secrets.Protect(secret.Key.ToArray()), secret.Reveal());
    }

    /// <summary>The secrets that sign now: the current one, and the one before it while it is valid.</summary>
    internal IReadOnlyList<WebhookSecret> Of(WebhookEndpoint row, DateTimeOffset now)
    {
        var known = _known.GetValue(row, Read);
        return known.Before is { } before && row.PreviousSecretUntil > now ? [known.Current, before] : [known.Current];
    }

    /// <summary>Whether the current secret can be read. Where the key that encrypted it is gone, only a rotation helps. A database that is
    /// away while the key ring is read says nothing of it, and fails the call.</summary>
    internal bool CanSign(WebhookEndpoint row)
    {
        try
        {
            _known.GetValue(row, Read);
            return true;
        }
        catch (CryptographicException failure) when (!Transient.Is(failure))
        {
            return false;
        }
    }

    private Pair Read(WebhookEndpoint row) => new(WebhookSecret.Of(_secrets.Unprotect(row.Secret)), BeforeOf(row));

    /// <summary>A secret that nobody can read any more signs nothing, so that a rotation away from it is its cure.</summary>
    private WebhookSecret? BeforeOf(WebhookEndpoint row)
    {
        try
        {
            return row.PreviousSecret is { } before ? WebhookSecret.Of(_secrets.Unprotect(before)) : null;
        }
        catch (CryptographicException failure) when (!Transient.Is(failure))
        {
            return null;
        }
    }

    private sealed record Pair(WebhookSecret Current, WebhookSecret? Before);
}
