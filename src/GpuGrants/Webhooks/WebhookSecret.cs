using System.Diagnostics.CodeAnalysis;

namespace GpuGrants.Webhooks;

/// <summary>A symmetric signing secret, as Standard Webhooks 1.0 writes it: <c>whsec_</c> and base64.</summary>
public sealed class WebhookSecret
{
    /// <summary>Bytes of a secret that we make.</summary>
    public const int Bytes = 32;

    private const string Prefix = "whsec_";
    private const int MinBytes = 24;
    private const int MaxBytes = 64;

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    /// <summary>What signs.</summary>
    public ReadOnlySpan<byte> Key => _key;

    /// <summary>The secret of some random bytes.</summary>
    /// <param name="random">24 to 64 bytes.</param>
    /// <returns>A secret of its own copy of them.</returns>
    /// <exception cref="ArgumentException">There are fewer or more.</exception>
    public static WebhookSecret Of(ReadOnlySpan<byte> random) =>
        random.Length is >= MinBytes and <= MaxBytes
            ? new WebhookSecret(random.ToArray())
            : throw new ArgumentException($"A secret has {MinBytes} to {MaxBytes} bytes.", nameof(random));

    /// <summary>Reads a secret.</summary>
    /// <returns>False for anything that the specification does not call a secret.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out WebhookSecret? secret)
    {
        secret = null;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        Span<byte> bytes = stackalloc byte[MaxBytes + 2];
        if (!Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var written) || written is < MinBytes or > MaxBytes)
            return false;
        secret = Of(bytes[..written]);
        return true;
    }

    /// <summary>The secret as its owner keeps it. Never log it.</summary>
    /// <returns><c>whsec_</c> and base64.</returns>
    public string Reveal() => Prefix + Convert.ToBase64String(_key);
}
