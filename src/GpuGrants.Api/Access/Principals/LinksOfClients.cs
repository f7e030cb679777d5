using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// The identities that a client linked, and those that its descendants did: ways to call, as clients are. Read under the platform tree's
/// lock, where subjects are linked, so none is missed.
/// </summary>
public sealed class LinksOfClients() : Lookups<string, List<(string Hash, Guid Person)>>(_ => [])
{
    private const string Sql = """
        with recursive lineage as (
            select v.client_id as ancestor, v.client_id from unnest($1::text[]) as v(client_id)
            union
            select l.ancestor, c.client_id from lineage l join api_clients c on c.made_by = l.client_id)
        select lineage.ancestor, i.identity, i.person_id
        from lineage join linked_identities i on i.linked_by = lineage.client_id and i.until is null
        """;

    /// <summary>Wants the links of a client and its descendants, and once they are known, their rows.</summary>
    public void Plan(BatchState batch, string clientId)
    {
        if (!Ask(clientId, out var links))
            return;

        foreach (var (hash, person) in links)
        {
            batch.Rows<LinkedIdentity>().Want(RowKey.Of(hash));
            batch.Rows<Principal>().Want(new RowKey(person));
        }
    }

    /// <summary>Unlinks what these clients linked.</summary>
    /// <param name="batch">Has read the links.</param>
    /// <param name="actor">Who revokes the clients.</param>
    /// <param name="clientId">The client that was planned.</param>
    /// <param name="revoked">It and those of its descendants that are revoked with it.</param>
    public void Unlink(BatchState batch, Actor actor, string clientId, IReadOnlySet<string> revoked)
    {
        var rows = batch.Rows<LinkedIdentity>();
        var found = Found(clientId).Select(one => rows.Find(RowKey.Of(one.Hash))).Concat(rows.Inserts).ToList();
        foreach (var row in found)
            if (row is { Until: null, LinkedBy: { } by } && revoked.Contains(by))
                row.Unlink(batch, actor);
    }

    protected override NpgsqlBatchCommand Read(IReadOnlyCollection<string> keys) => new(Sql) { Parameters = { Each(keys) } };

    protected override void Take(NpgsqlDataReader row) => Found(row.GetString(0)).Add((row.GetString(1), row.GetGuid(2)));
}
