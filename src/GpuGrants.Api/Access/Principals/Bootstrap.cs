using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>Makes the first platform administrator exactly once, also when several callers ask at the same time.</summary>
public static class Bootstrap
{
    private const string DefaultName = "First administrator";

    /// <summary>The first administrator's credentials; null when there is an administrator already.</summary>
    public static async Task<(string ClientId, string Secret)?> CreateAdministratorAsync(
        NpgsqlDataSource database,
        TimeProvider clock,
        string name = DefaultName
    )
    {
        var now = clock.GetUtcNow();
        var principal = new Principal { Id = Guid.CreateVersion7(now), Name = name };
        var (client, secret) = Memberships.NewClient(
            now,
            principal.Id,
            null,
            name,
            Memberships.ScopesOf(Roles.PlatformAdministrator),
            principal.Id,
            null
        );
        return await MakeAsync(database, now, principal, client) ? (client.ClientId, secret) : null;
    }

    /// <summary>Makes the subject of an external issuer the first administrator; false when there is an administrator already.</summary>
    public static Task<bool> CreateAdministratorAsync(NpgsqlDataSource database, TimeProvider clock, string issuer, string subject)
    {
        var now = clock.GetUtcNow();
        return MakeAsync(
            database,
            now,
            new Principal
            {
                Id = Guid.CreateVersion7(now),
                Name = DefaultName,
                ExternalIssuer = issuer,
                ExternalSubject = subject,
            },
            null
        );
    }

    /// <summary>Whether there is an administrator already.</summary>
    public static async Task<bool> ExistsAsync(NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await ExistsAsync(connection);
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection)
    {
        await using var exists = new NpgsqlCommand(
            "select exists (select from role_assignments where role = 'platform-administrator')",
            connection
        );
        return (bool)(await exists.ExecuteScalarAsync())!;
    }

    private static async Task<bool> MakeAsync(NpgsqlDataSource database, DateTimeOffset now, Principal principal, ApiClient? client)
    {
        principal.PersonId = principal.Id;
        (principal.Status, principal.Version, principal.CreatedAt, principal.UpdatedAt) = ("active", 1, now, now);
        var role = new RoleAssignment
        {
            Id = Guid.CreateVersion7(now),
            PrincipalId = principal.Id,
            Role = Roles.PlatformAdministrator,
            CreatedBy = principal.Id,
            CreatedAt = now,
        };
        // Before the transaction: at a start the first statement waits for the mapping of all rows, and PostgreSQL ends what waits.
        NpgsqlBatchCommand[] inserts =
        [
            RowMap.Of<Principal>().Insert([principal]),
            .. client is null ? [] : (NpgsqlBatchCommand[])[RowMap.Of<ApiClient>().Insert([client])],
            RowMap.Of<RoleAssignment>().Insert([role]),
        ];
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, "select pg_advisory_xact_lock(hashtext('gpugrants.bootstrap'))");
        if (await ExistsAsync(connection))
            return false;
        await connection.ExecuteAsync(CancellationToken.None, inserts);
        await transaction.CommitAsync();
        return true;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object?[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(
                value is null
                    ? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }
                    : new NpgsqlParameter { Value = value }
            );
        await command.ExecuteNonQueryAsync();
    }
}
