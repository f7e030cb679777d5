using System.Security.Cryptography;
using GpuGrants.Api.Store;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>
/// The keys that sign tokens, shared by all replicas through the database. A new key is published a day before it signs, and an old one
/// stays published until the last token it signed has expired. A key that cannot be read keeps no other from its turn.
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

    /// <summary>The stored keys that the last refresh could not read. Each stays stored for its term, as somebody may mend it.</summary>
    public IReadOnlyList<string> Unreadable { get; private set; } = [];

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

    /// <summary>
    /// Makes the keys that are due, drops the expired and reads the rest. Replicas take turns. A key that this replica read before signs on
    /// here when nobody can read it any more, and its successor is published at once. Where no key is left to sign, a new one does.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// This replica has read none of the keys, now or before. Its passphrase is another then, and others could not read what it made.
    /// </exception>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, "select pg_advisory_xact_lock(hashtext('gpugrants.signing-keys'))", cancellation);
        var now = clock.GetUtcNow();
        await ExecuteAsync(
            connection,
            "delete from signing_keys where retired_from < $1",
            cancellation,
            now - LongestToken - TimeSpan.FromSeconds(options.Value.TokenSeconds)
        );
        var (read, unreadable) = await ReadAsync(connection, cancellation);
        var remembered = _keys.Where(key => unreadable.Contains(key.Key.KeyId)).ToList();
        var made = new List<Entry>();
        foreach (var purpose in (string[])[SigningKey.Access, SigningKey.Grant])
            made.AddRange(await MakeDueAsync(connection, purpose, read, remembered, now, cancellation));
        await transaction.CommitAsync(cancellation);
        (_keys, Unreadable) = ([.. read, .. remembered, .. made], unreadable);
    }

    /// <summary>Makes the key that signs now and the one after it, as far as they are missing.</summary>
    private async Task<List<Entry>> MakeDueAsync(
        NpgsqlConnection connection,
        string purpose,
        List<Entry> read,
        List<Entry> remembered,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        var lifetime = TimeSpan.FromDays(options.Value.SigningKeyDays);
        var own = read.FindAll(key => key.Purpose == purpose);
        var isRead = own.Exists(key => key.ActiveFrom <= now && now < key.RetiredFrom);
        var made = new List<Entry>();
        if (!own.Concat(remembered.Where(key => key.Purpose == purpose)).Any(key => key.ActiveFrom <= now && now < key.RetiredFrom))
            made.Add(await AddAsync(connection, purpose, now, now + lifetime, cancellation));
        own.AddRange(made);
        if (!own.Exists(key => key.RetiredFrom > now + Ahead))
        {
            var ends = own.Select(key => key.RetiredFrom);
            // It follows the last key that can be read. Where only a remembered key signs now, that last one may be over already.
            var from = made.Count > 0 || isRead ? ends.Max() : ends.Append(now + Ahead).Max();
            made.Add(await AddAsync(connection, purpose, from, from + lifetime, cancellation));
        }

        return made;
    }

    private async Task<(List<Entry> Read, List<string> Unreadable)> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"select {RowMap.Of<SigningKey>().Columns("k")} from signing_keys k order by k.active_from",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var (read, unreadable, first) = (new List<Entry>(), new List<string>(), (Exception?)null);
        foreach (var row in await RowMap.Of<SigningKey>().ListAsync(reader, cancellation))
            try
            {
                read.Add(Read(row));
            }
            catch (Exception failure) when (failure is CryptographicException or ArgumentException or FormatException)
            {
                unreadable.Add(row.Id);
                first ??= failure;
            }

        if (first is not null && read.Count == 0 && !_keys.Any(key => unreadable.Contains(key.Key.KeyId)))
            throw keyPassphrase.Unreadable(
                "signing_keys",
                "sign tokens",
                "When it is lost, or they were never encrypted, delete the rows: all tokens end then, and clients get new ones.",
                first
            );
        return (read, unreadable);
    }

    private Entry Read(SigningKey row)
    {
        var key = ECDsa.Create();
        if (keyPassphrase.Value is { } passphrase)
            key.ImportFromEncryptedPem(row.PrivateKey, passphrase);
        else
            key.ImportFromPem(row.PrivateKey);
        return new Entry(new ECDsaSecurityKey(key) { KeyId = row.Id }, row.Purpose, row.ActiveFrom, row.RetiredFrom);
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
