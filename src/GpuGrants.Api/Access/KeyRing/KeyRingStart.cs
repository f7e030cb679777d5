using GpuGrants.Api.Store;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Access.KeyRing;

/// <summary>
/// Data Protection with its keys in the database. The first key is made under a lock: two replicas that start together on an empty database
/// would else each make one that the other learns of too late.
/// </summary>
public sealed partial class KeyRingStart(
    NpgsqlDataSource database,
    IDataProtectionProvider protection,
    IKeyManager keys,
    KeyPassphrase passphrase,
    ILogger<KeyRingStart> logger
) : IHostedService
{
    /// <summary>Has to come before whatever else adds Data Protection, so that its own start finds the key.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<KeyPassphrase>();
        services.AddHostedService<KeyRingStart>();
        services
            .AddDataProtection()
            .SetApplicationName("gpugrants")
            .UseCryptographicAlgorithms(new AuthenticatedEncryptorConfiguration { EncryptionAlgorithm = EncryptionAlgorithm.AES_256_GCM });
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(options =>
        {
            options.XmlRepository = ActivatorUtilities.CreateInstance<ProtectionKeyStore>(provider);
            options.XmlEncryptor = provider.GetRequiredService<KeyPassphrase>().Value is { } text ? new PassphraseXmlEncryptor(text) : null;
        }));
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (passphrase.Value is null)
            LogUnencrypted();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        // The session's lock, not a transaction's: PostgreSQL ends transactions that wait, and making a key takes its time.
        await ExecuteAsync("select pg_advisory_lock(hashtext('gpugrants.protection-keys'))");
        try
        {
            RefuseUnreadable();
            protection.CreateProtector("start").Protect([]);
        }
        finally
        {
            await ExecuteAsync("select pg_advisory_unlock(hashtext('gpugrants.protection-keys'))");
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Data Protection would make a new key in place of keys that it cannot read. No other replica could read that one, and nothing that
    /// the old ones protect would be read here.
    /// </summary>
    /// <exception cref="InvalidOperationException">There are keys, and none can be read.</exception>
    private void RefuseUnreadable()
    {
        Exception? first = null;
        foreach (var key in keys.GetAllKeys())
            try
            {
                if (key.CreateEncryptor() is not null)
                    return;
            }
            catch (Exception failure) when (!Transient.Is(failure))
            {
                first ??= failure;
            }

        if (first is not null)
            throw passphrase.Unreadable(
                "protection_keys",
                "protect secrets, mail and cursors",
                "When it is lost, restore the table from a backup: without its keys nobody who signed up is known.",
                first
            );
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        LogLevel.Warning,
        "The keys that sign tokens and protect cursors lie unencrypted in the database. Set Access:KeyPassphrase or "
            + "Access:KeyPassphraseFile."
    )]
    private partial void LogUnencrypted();
}
