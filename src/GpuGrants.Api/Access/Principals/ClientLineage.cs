using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// The clients that came through another one: it made them or one of their secrets, or a client that came through it did. Whoever had its
/// secret may know theirs. Read under the platform tree's lock, where clients and secrets are made, so none is missed.
/// </summary>
public sealed class ClientLineage : ReadByKey<string, (Guid Id, string ClientId)>
{
    protected override string Sql =>
        """
            with recursive lineage as (
                select v.client_id as ancestor, v.client_id from unnest($1::text[]) as v(client_id)
                union
                select l.ancestor, c.client_id from lineage l cross join lateral (
                    select c.client_id from api_clients c where l.client_id in (c.made_by, c.secret_made_by, c.previous_secret_made_by)
                    union all
                    select c.client_id from client_secret_makers m join api_clients c on c.id = m.client_id
                    where m.maker = l.client_id and m.renewals < 2) c)
            select l.ancestor, c.id, c.client_id from lineage l join api_clients c on c.client_id = l.client_id
            """;

    /// <summary>Wants the client's lineage, and once it is known, its rows.</summary>
    /// <returns>The ids of the clients that came through it, and its own; none in the first round.</returns>
    public IReadOnlyList<string> Plan(BatchState batch, string clientId)
    {
        if (Find(clientId) is not { } found)
            return [];
        foreach (var (id, _) in found)
            batch.Rows<ApiClient>().Want(new RowKey(id));
        return [.. found.Select(one => one.ClientId)];
    }

    /// <summary>The client, and those that came through it; also by what earlier commands of this batch have made of them.</summary>
    public List<ApiClient> Of(BatchState batch, ApiClient client)
    {
        var rows = batch.Rows<ApiClient>();
        List<ApiClient> found = [client, .. Of(client.ClientId).Select(one => rows.Find(new RowKey(one.Id))!).Where(row => row != client)];
        var names = found.Select(row => row.ClientId).ToHashSet(StringComparer.Ordinal);
        var others = rows.Changed.Except(found).ToList();
        var makers = batch
            .Rows<ClientSecretMaker>()
            .Changed.Where(one => one.Renewals < ClientSecretMaker.Forgotten)
            .ToLookup(one => one.ClientId, one => one.Maker);
        // Secrets may go in circles, so the order of rows says nothing.
        while (others.FindAll(row => CameThrough(row, names) || makers[row.Id].Any(names.Contains)) is { Count: > 0 } more)
        {
            found.AddRange(more);
            names.UnionWith(more.Select(row => row.ClientId));
            others.RemoveAll(more.Contains);
        }

        return found;
    }

    protected override (string Key, (Guid Id, string ClientId) Found) Read(NpgsqlDataReader row) =>
        (row.GetString(0), (row.GetGuid(1), row.GetString(2)));

    private static bool CameThrough(ApiClient row, HashSet<string> names)
    {
        return Has(row.MadeBy) || Has(row.SecretMadeBy) || Has(row.PreviousSecretMadeBy);

        bool Has(string? maker) => maker is not null && names.Contains(maker);
    }
}
