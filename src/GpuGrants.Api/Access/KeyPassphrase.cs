using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Access;

/// <summary>What encrypts the keys that lie in the database: those that sign tokens and those that protect cursors.</summary>
/// <exception cref="IOException">The configured file cannot be read.</exception>
public sealed class KeyPassphrase(IOptions<AccessOptions> options)
{
    /// <summary>Null when none is configured.</summary>
    public string? Value { get; } =
        options.Value.KeyPassphraseFile is { Length: > 0 } file ? File.ReadAllText(file).Trim()
        : options.Value.KeyPassphrase is { Length: > 0 } text ? text
        : null;
}
