using System.Security.Cryptography;
using GpuGrants.Api.Store;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>
/// The keys that sign tokens, shared by all replicas through the database. A new key is published a day before it signs, and an old one
/// stays published until the last token it signed has expired.
/// </summary>
public sealed class SigningKeyRing(
    NpgsqlDataSource database,
    TimeProvider clock,
    IOptions<AccessOptions> options,
    KeyPassphrase keyPassphrase
)
{
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    /// <summary>No token of either kind lives longer.</summary>
    private static readonly TimeSpan LongestToken = TimeSpan.FromHours(1);

    private IReadOnlyList<Entry> _keys = [];

    private sealed record Entry(ECDsaSecurityKey Key, string Purpose, DateTimeOffset ActiveFrom, DateTimeOffset RetiredFrom);

    /// <summary>The published keys of access tokens: what validates those who call here.</summary>
    public IEnumerable<SecurityKey> All => _keys.Where(entry => entry.Purpose == SigningKey.Access).Select(entry => entry.Key);

    /// <summary>The key that signs access tokens now, then all others that are published.</summary>
    public IEnumerable<SigningCredentials> Credentials => Ordered(SigningKey.Access).Concat(Ordered(SigningKey.Grant));

    /// <summary>The key that signs grant tokens now.</summary>
    public SigningCredentials OfGrants => Ordered(SigningKey.Grant).First();

    private IEnumerable<SigningCredentials> Ordered(string purpose)
    {
        var now = clock.GetUtcNow();
        return _keys
            .Where(entry => entry.Purpose == purpose)
            .OrderByDescending(entry => entry.ActiveFrom <= now && now < entry.RetiredFrom)
            .ThenByDescending(entry => entry.ActiveFrom <= now ? entry.ActiveFrom : DateTimeOffset.MinValue)
            .Select(entry => new SigningCredentials(entry.Key, SecurityAlgorithms.EcdsaSha256));
    }

    /// <summary>Makes the keys that are due, drops the expired and reads the rest. Replicas take turns.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, "select pg_advisory_xact_lock(hashtext('gpugrants.signing-keys'))", cancellation);
        var now = clock.GetUtcNow();
        var lifetime = TimeSpan.FromDays(options.Value.SigningKeyDays);
        await ExecuteAsync(
            connection,
            "delete from signing_keys where retired_from < $1",
            cancellation,
            now - LongestToken - TimeSpan.FromSeconds(options.Value.TokenSeconds)
        );
        var keys = await ReadAsync(connection, cancellation);
        foreach (var purpose in (string[])[SigningKey.Access, SigningKey.Grant])
        {
            var own = keys.FindAll(key => key.Purpose == purpose);
            if (!own.Exists(key => key.ActiveFrom <= now && now < key.RetiredFrom))
                own.Add(await AddAsync(connection, purpose, now, now + lifetime, cancellation));
            if (!own.Exists(key => key.RetiredFrom > now + Ahead))
            {
                var from = own.Max(key => key.RetiredFrom);
                own.Add(await AddAsync(connection, purpose, from, from + lifetime, cancellation));
            }

            keys = [.. keys.Where(key => key.Purpose != purpose), .. own];
        }

        await transaction.CommitAsync(cancellation);
        _keys = keys;
    }

    private async Task<List<Entry>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"select {RowMap.Of<SigningKey>().Columns("k")} from signing_keys k order by k.active_from",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var keys = new List<Entry>();
        foreach (var row in await RowMap.Of<SigningKey>().ListAsync(reader, cancellation))
        {
            var key = ECDsa.Create();
            if (keyPassphrase.Value is { } passphrase)
                key.ImportFromEncryptedPem(row.PrivateKey, passphrase);
            else
                key.ImportFromPem(row.PrivateKey);
            keys.Add(new Entry(new ECDsaSecurityKey(key) { KeyId = row.Id }, row.Purpose, row.ActiveFrom, row.RetiredFrom));
        }

        return keys;
    }

    private async Task<Entry> AddAsync(
        NpgsqlConnection connection,
        string purpose,
        DateTimeOffset from,
        DateTimeOffset until,
        CancellationToken cancellation
    )
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = keyPassphrase.Value is { } passphrase
            ? key.ExportEncryptedPkcs8PrivateKeyPem(
                passphrase,
                new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 210_000)
            )
            : key.ExportPkcs8PrivateKeyPem();
        var id = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 8));
        var row = new SigningKey
        {
            Id = id,
            PrivateKey = pem,
            Purpose = purpose,
            CreatedAt = clock.GetUtcNow(),
            ActiveFrom = from,
            RetiredFrom = until,
        };
        await connection.ExecuteAsync(cancellation, RowMap.Of<SigningKey>().Insert([row]));
        return new Entry(new ECDsaSecurityKey(key) { KeyId = id }, purpose, from, until);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
