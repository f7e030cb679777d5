using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// The clients through which a client came, by all ways that <see cref="ClientLineage"/> follows down. Read under the platform tree's lock.
/// </summary>
public sealed class ClientOrigins : ReadByKey<string, string>
{
    protected override string Sql =>
        """
            with recursive origins as (
                select v.client_id as heir, v.client_id from unnest($1::text[]) as v(client_id)
                union
                select o.heir, m.maker from origins o join api_clients c on c.client_id = o.client_id
                    cross join lateral (
                        select unnest(array[c.made_by, c.secret_made_by, c.previous_secret_made_by]) as maker
                        union all
                        select s.maker from client_secret_makers s where s.client_id = c.id and s.renewals < 2) m
                    where m.maker is not null)
            select heir, client_id from origins
            """;

    /// <summary>Wants the origins of a client.</summary>
    public void Plan(string clientId) => Find(clientId);

    /// <summary>The client and its origins, with what earlier commands of this batch changed.</summary>
    public HashSet<string> Of(BatchState batch, string clientId)
    {
        var names = Of(clientId).Append(clientId).ToHashSet(StringComparer.Ordinal);
        // Whoever renewed a secret in this batch planned its own origins.
        while (Made(batch).FindAll(maker => !names.Contains(maker)) is { Count: > 0 } more)
        {
            names.UnionWith(more);
            names.UnionWith(more.Where(IsKnown).SelectMany(Of));
        }

        return names;

        List<string> Made(BatchState all) =>
            [.. all.Rows<ApiClient>().Changed.Where(row => names.Contains(row.ClientId)).Select(row => row.SecretMadeBy).OfType<string>()];
    }

    protected override (string Key, string Found) Read(NpgsqlDataReader row) => (row.GetString(0), row.GetString(1));
}
