using Npgsql;

namespace GpuGrants.Api.Access;

/// <summary>Makes the first platform administrator, once, whoever and how many ask.</summary>
public static class Bootstrap
{
    /// <summary>The first administrator's credentials; null when there is an administrator already.</summary>
    public static async Task<(string ClientId, string Secret)?> CreateAdministratorAsync(NpgsqlDataSource database, TimeProvider clock, string name = "First administrator")
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, "select pg_advisory_xact_lock(hashtext('gpugrants.bootstrap'))");
        await using (var exists = new NpgsqlCommand("select exists (select from role_assignments where role = 'platform-administrator')", connection))
            if ((bool)(await exists.ExecuteScalarAsync())!) return null;
        var now = clock.GetUtcNow();
        var principal = Guid.CreateVersion7(now);
        var (client, secret) = Memberships.NewClient(now, principal, null, name, Memberships.ScopesOf(Roles.PlatformAdministrator), principal, null);
        await ExecuteAsync(connection, "insert into principals (id, name, status, version, created_at, updated_at) values ($1, $2, 'active', 1, $3, $3)", principal, name, now);
        await ExecuteAsync(connection, "insert into api_clients (id, client_id, principal_id, name, scopes, secret_hash, status, created_by, version, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, 'active', $3, 1, $7, $7)",
            client.Id, client.ClientId, principal, name, client.Scopes, client.SecretHash, now);
        await ExecuteAsync(connection, "insert into role_assignments (id, principal_id, role, created_by, created_at) values ($1, $2, 'platform-administrator', $2, $3)", Guid.CreateVersion7(now), principal, now);
        await transaction.CommitAsync();
        return (client.ClientId, secret);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
