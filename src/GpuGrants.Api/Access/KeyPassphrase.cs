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

    /// <summary>The setting that it comes from, as people write it; the usual one when none is configured.</summary>
    public string Setting => options.Value.KeyPassphraseFile is { Length: > 0 } ? "Access:KeyPassphraseFile" : "Access:KeyPassphrase";

    /// <summary>What stops a start that can read none of the keys in a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="whatTheyDo">What they do, after "which".</param>
    /// <param name="otherwise">The way out when they are lost.</param>
    /// <param name="why">The first failure.</param>
    public InvalidOperationException Unreadable(string table, string whatTheyDo, string otherwise, Exception why) =>
        new(
            Value is null
                ? $"The keys in {table}, which {whatTheyDo}, cannot be read without a passphrase: set Access:KeyPassphrase or "
                    + $"Access:KeyPassphraseFile to the one that encrypted them. {otherwise}"
                : $"The keys in {table}, which {whatTheyDo}, cannot be read with {Setting}: set it to the passphrase that encrypted them. "
                    + otherwise,
            why
        );
}
