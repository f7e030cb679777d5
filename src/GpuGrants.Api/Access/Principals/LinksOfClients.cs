using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// The identities that clients linked: ways to call, as clients are. Read under the platform tree's lock, where subjects are linked, so
/// none is missed.
/// </summary>
public sealed class LinksOfClients : ReadByKey<string, (string Hash, Guid Person)>
{
    protected override string Sql =>
        """
            select v.client_id, i.identity, i.person_id from unnest($1::text[]) as v(client_id)
                join linked_identities i on (i.linked_by = v.client_id or i.linked_through @> array[v.client_id]) and i.until is null
            """;

    /// <summary>Wants what the clients linked, and once it is known, the rows.</summary>
    public void Plan(BatchState batch, IReadOnlyList<string> clientIds)
    {
        foreach (var (hash, person) in clientIds.SelectMany(id => Find(id) ?? []))
        {
            batch.Rows<LinkedIdentity>().Want(RowKey.Of(hash));
            batch.Rows<Principal>().Want(new RowKey(person));
        }
    }

    /// <summary>Unlinks what these clients linked, in this batch too.</summary>
    /// <param name="batch">Has read the links.</param>
    /// <param name="actor">Who revokes the clients.</param>
    /// <param name="clientIds">Clients that were planned, or made in this batch.</param>
    public void Unlink(BatchState batch, Actor actor, IReadOnlySet<string> clientIds)
    {
        var rows = batch.Rows<LinkedIdentity>();
        var read = clientIds.Where(IsKnown).SelectMany(Of).Select(one => rows.Find(RowKey.Of(one.Hash)));
        foreach (var row in read.Concat(rows.Changed).Distinct().ToList())
            if (row is { Until: null } && (clientIds.Overlaps(row.LinkedThrough) || (row.LinkedBy is { } by && clientIds.Contains(by))))
                row.Unlink(batch, actor);
    }

    protected override (string Key, (string Hash, Guid Person) Found) Read(NpgsqlDataReader row) =>
        (row.GetString(0), (row.GetString(1), row.GetGuid(2)));
}
