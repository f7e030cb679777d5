using System.Security.Cryptography;
using System.Text;
using GpuGrants.Api.Store;
using GpuGrants.People;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace GpuGrants.Api.People;

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

    /// <summary>The hash of a code that belongs to one proof.</summary>
    public byte[] Of(Guid proof, string code) => Hash($"code:{proof:N}:{code}");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var locking = new NpgsqlCommand("select pg_advisory_xact_lock(hashtext('gpugrants.identity-key'))", connection))
            await locking.ExecuteNonQueryAsync(cancellationToken);
        _secret = await ReadAsync(connection, cancellationToken) ?? await MakeAsync(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<byte[]?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select {Secrets.Columns("k")} from identity_keys k", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? _protector.Unprotect(Secrets.Read(reader).Secret) : null;
    }

    private async Task<byte[]> MakeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var row = new IdentityKeyRow
        {
            Id = 1,
            Secret = _protector.Protect(secret),
            CreatedAt = clock.GetUtcNow(),
        };
        await connection.ExecuteAsync(cancellation, RowMap.Of<IdentityKeyRow>().Insert([row]));
        return secret;
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
