using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// The versions at which an endpoint judged what its caller may do. A batch proves them inside the transaction that decides: a role that
/// was taken, a client that was revoked or a principal that was disabled before then carries out nothing more.
/// </summary>
/// <param name="PrincipalVersion">That of the principal, which grows with its roles.</param>
/// <param name="ClientVersion">That of the API client; 0 for a token of an external issuer, which has none.</param>
public sealed record Authority(long PrincipalVersion, long ClientVersion)
{
    // "offset 0" keeps PostgreSQL from hashing the whole of a table to find a few rows of it.
    private const string StaleSql = """
        select v.principal, v.client, v.principal_version, v.client_version
        from (select unnest($1) as principal, unnest($2) as client, unnest($3) as principal_version, unnest($4) as client_version) v
            left join lateral (select p.version, p.status from principals p where p.id = v.principal offset 0) p on true
            left join lateral (select c.version, c.status, c.expires_at from api_clients c where c.client_id = v.client offset 0) c on true
        where (p.version = v.principal_version and p.status = 'active') is not true
            or v.client_version > 0
                and (c.version = v.client_version and c.status = 'active' and (c.expires_at is null or c.expires_at > $5)) is not true
        """;

    /// <summary>Finds the actors of whom something has changed since they were judged, or who may act no more.</summary>
    internal static NpgsqlBatchCommand FindStale(IReadOnlyList<Actor> actors, DateTimeOffset at) =>
        new(StaleSql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. actors.Select(actor => actor.PrincipalId)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. actors.Select(actor => actor.ClientId)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. actors.Select(actor => actor.Authority!.PrincipalVersion)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. actors.Select(actor => actor.Authority!.ClientVersion)] },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = at },
            },
        };

    internal static Actor Read(NpgsqlDataReader row) =>
        new(row.GetGuid(0), row.GetString(1)) { Authority = new Authority(row.GetInt64(2), row.GetInt64(3)) };
}
