using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// The clients that came through another one: it made them, or one of their last two secrets, or a client that came through it did. Whoever
/// had its secret may know theirs. Read under the platform tree's lock, where clients and secrets are made, so none is missed.
/// </summary>
public sealed class ClientLineage : ReadByKey<string, (Guid Id, string ClientId)>
{
    protected override string Sql =>
        """
            with recursive lineage as (
                select v.client_id as ancestor, v.client_id from unnest($1::text[]) as v(client_id)
                union
                select l.ancestor, c.client_id from lineage l
                    join api_clients c on l.client_id in (c.made_by, c.secret_made_by, c.previous_secret_made_by))
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

    /// <summary>The client, and those that came through it by what this batch has made of them.</summary>
    public List<ApiClient> Of(BatchState batch, ApiClient client)
    {
        var rows = batch.Rows<ApiClient>();
        var others = Of(client.ClientId).Select(one => rows.Find(new RowKey(one.Id))!).Concat(rows.Changed).Distinct().ToList();
        others.Remove(client);
        var names = new HashSet<string>(StringComparer.Ordinal) { client.ClientId };
        List<ApiClient> found = [client];
        // Secrets may go in circles, so the order of rows says nothing.
        while (others.FindAll(row => CameThrough(row, names)) is { Count: > 0 } more)
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
