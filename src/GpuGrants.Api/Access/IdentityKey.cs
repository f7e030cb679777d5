using System.Security.Cryptography;
using System.Text;
using GpuGrants.Api.Store;
using GpuGrants.People;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace GpuGrants.Api.Access;

/// <summary>
/// The secret under which addresses and codes are hashed. Without it the hashes tell nothing, even to those who guess addresses. It is made
/// once and never changes: whoever comes back has to be known again.
/// </summary>
public sealed class IdentityKey(NpgsqlDataSource database, IDataProtectionProvider protection, TimeProvider clock) : IHostedService
{
    private const int SecretBytes = 32;

    private static readonly RowReader<IdentityKeyRow> Secrets = RowMap.Of<IdentityKeyRow>().Part(row => row.Secret);

    private readonly IDataProtector _protector = protection.CreateProtector("identity-key");
    private byte[] _secret = [];

    /// <summary>Which identity an address is.</summary>
    /// <returns>HMAC-SHA-256 of the folded address, in hexadecimal digits.</returns>
    public string Of(EmailAddress address) => Convert.ToHexStringLower(Hash("address:" + address.Folded));

    /// <summary>A text that nobody guesses back, such as a domain whose codes are counted.</summary>
    /// <param name="purpose">What it is for: the same text has another hash for another purpose.</param>
    /// <param name="text">The text.</param>
    /// <returns>64 hexadecimal digits.</returns>
    public string Of(string purpose, string text) => Convert.ToHexStringLower(Hash($"{purpose}:{text}"));

    /// <summary>The hash of a code that belongs to one proof.</summary>
    public byte[] Of(Guid proof, string code) => Hash($"code:{proof:N}:{code}");

    /// <summary>
    /// No transaction is open while keys are made: what takes long on a busy machine would be ended by PostgreSQL. Of replicas that
    /// start at once, one stores its key and all read that one.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (await ReadAsync(connection, cancellationToken) is not { } secret)
        {
            await MakeAsync(connection, cancellationToken);
            secret = (await ReadAsync(connection, cancellationToken))!;
        }

        _secret = secret;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<byte[]?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select {Secrets.Columns("k")} from identity_keys k", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;
        try
        {
            return _protector.Unprotect(Secrets.Read(reader).Secret);
        }
        catch (CryptographicException unreadable) when (!Transient.Is(unreadable))
        {
            throw new InvalidOperationException(
                "The key by which people are known cannot be read: the keys in protection_keys are gone, or Access:KeyPassphrase is "
                    + "another. Restore them. Or delete the row of identity_keys: then nobody who signed up or erased themselves is known.",
                unreadable
            );
        }
    }

    private async Task MakeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var made = _protector.Protect(RandomNumberGenerator.GetBytes(SecretBytes));
        await using var command = new NpgsqlCommand(
            "insert into identity_keys (id, secret, created_at) values (1, $1, $2) on conflict do nothing",
            connection
        )
        {
            Parameters =
            {
                new() { Value = made },
                new() { Value = clock.GetUtcNow() },
            },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private byte[] Hash(string text) =>
        HMACSHA256.HashData(
            _secret is { Length: > 0 } secret ? secret : throw new InvalidOperationException("The identity key is not read yet."),
            Encoding.UTF8.GetBytes(text)
        );
}

/// <summary>The row of <c>identity_keys</c>.</summary>
public sealed class IdentityKeyRow
{
    public int Id { get; set; }

    /// <summary>As Data Protection encrypts it.</summary>
    public byte[] Secret { get; set; } = [];

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class IdentityKeyTable : IEntityTypeConfiguration<IdentityKeyRow>
{
    public void Configure(EntityTypeBuilder<IdentityKeyRow> table)
    {
        table.ToTable("identity_keys").HasKey(row => row.Id);
        table.Property(row => row.Id).ValueGeneratedNever();
        table.NeverUpdates();
    }
}
