using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// The clients through which a client came, by all ways that <see cref="ClientLineage"/> follows down. Read under the platform tree's lock.
/// </summary>
public sealed class ClientOrigins : ReadByKey<string, (string ClientId, int Way)>
{
    /// <summary>It made the client, or made one that did: for good.</summary>
    private const int Made = 0;

    /// <summary>It made a secret, until others have renewed that secret twice.</summary>
    private const int Secret = 1;

    // The third way, 2: it made one that made a secret, and is found through that one.
    protected override string Sql =>
        """
            with recursive origins as (
                select v.client_id as heir, v.client_id, 0 as way from unnest($1::text[]) as v(client_id)
                union
                select o.heir, m.maker, case when m.maker is distinct from c.made_by then 1 when o.way = 0 then 0 else 2 end
                from origins o join api_clients c on c.client_id = o.client_id
                    cross join lateral (
                        select unnest(array[c.made_by, c.secret_made_by, c.previous_secret_made_by]) as maker
                        union all
                        select s.maker from client_secret_makers s where s.client_id = c.id and s.renewals < 2) m
                    where m.maker is not null)
            select heir, client_id, way from origins
            """;

    /// <summary>Wants the origins of the client that stands behind what somebody makes.</summary>
    public void Plan(Actor by)
    {
        foreach (var clientId in by.MadeThrough())
            Find(clientId);
    }

    /// <summary>The client that stands behind what somebody makes, and its origins. Empty where no client does.</summary>
    /// <param name="batch">The batch, with what earlier commands changed.</param>
    /// <param name="by">As planned.</param>
    public HashSet<string> Of(BatchState batch, Actor by) => Look(batch, by).All;

    /// <summary>
    /// The origins that later renewals could make forgotten. What is made now keeps them: it came through them, whatever becomes of the
    /// client between.
    /// </summary>
    /// <param name="batch">The batch, with what earlier commands changed.</param>
    /// <param name="by">As planned.</param>
    public string[] ToKeep(BatchState batch, Actor by) => [.. Look(batch, by).ToKeep.Order(StringComparer.Ordinal)];

    protected override (string Key, (string ClientId, int Way) Found) Read(NpgsqlDataReader row) =>
        (row.GetString(0), (row.GetString(1), row.GetInt32(2)));

    private (HashSet<string> All, HashSet<string> ToKeep) Look(BatchState batch, Actor by)
    {
        HashSet<string> all = new(StringComparer.Ordinal);
        HashSet<string> toKeep = new(by.LinkedThrough, StringComparer.Ordinal);
        foreach (var clientId in by.MadeThrough())
            Take(Of(clientId));
        // Whoever renewed a secret in this batch planned its own origins.
        while (Renewed(batch, all).FindAll(toKeep.Add) is { Count: > 0 } more)
        {
            all.UnionWith(more);
            more.FindAll(IsKnown).ForEach(maker => Take(Of(maker)));
        }

        if (by.MadeBy() is { } client)
            toKeep.ExceptWith(Of(client).Where(one => one.Way == Made).Select(one => one.ClientId));
        return (all, toKeep);

        void Take(IReadOnlyList<(string ClientId, int Way)> found)
        {
            all.UnionWith(found.Select(one => one.ClientId));
            toKeep.UnionWith(found.Where(one => one.Way == Secret).Select(one => one.ClientId));
        }
    }

    /// <summary>The makers of these clients' secrets, as earlier commands of the batch wrote them.</summary>
    private static List<string> Renewed(BatchState batch, HashSet<string> clientIds)
    {
        var renewed = batch.Rows<ApiClient>().Changed.Where(row => clientIds.Contains(row.ClientId)).Select(row => row.Id).ToHashSet();
        return
        [
            .. batch
                .Rows<ClientSecretMaker>()
                .Changed.Where(row => row.Renewals < ClientSecretMaker.Forgotten && renewed.Contains(row.ClientId))
                .Select(row => row.Maker),
        ];
    }
}
