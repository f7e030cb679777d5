using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// The clients that descend from others: made through them, or through those that they made. Read under the platform tree's lock, where
/// clients are made, so none is missed.
/// </summary>
public sealed class ClientLineage() : Lookups<string, List<Guid>>(_ => [])
{
    private const string Sql = """
        with recursive lineage as (
            select v.client_id as ancestor, c.id, c.client_id from unnest($1::text[]) as v(client_id) join api_clients c on c.made_by = v.client_id
            union
            select l.ancestor, c.id, c.client_id from lineage l join api_clients c on c.made_by = l.client_id)
        select ancestor, id from lineage
        """;

    /// <summary>Wants the client's descendants, and once they are known, their rows.</summary>
    public void Plan(BatchState batch, string clientId)
    {
        if (Ask(clientId, out var ids))
            ids.ForEach(id => batch.Rows<ApiClient>().Want(new RowKey(id)));
    }

    /// <summary>The client's descendants, with those that this batch has made.</summary>
    public IReadOnlyList<ApiClient> Of(BatchState batch, string clientId)
    {
        var rows = batch.Rows<ApiClient>();
        var found = Found(clientId).Select(id => rows.Find(new RowKey(id))!).ToList();
        var names = found.Select(row => row.ClientId).Append(clientId).ToHashSet(StringComparer.Ordinal);
        // Makers come before what they made, so one pass finds all.
        foreach (var made in rows.Inserts.Where(row => row.MadeBy is { } maker && names.Contains(maker)))
        {
            names.Add(made.ClientId);
            found.Add(made);
        }

        return [.. found.DistinctBy(row => row.Id)];
    }

    protected override NpgsqlBatchCommand Read(IReadOnlyCollection<string> keys) => new(Sql) { Parameters = { Each(keys) } };

    protected override void Take(NpgsqlDataReader row) => Found(row.GetString(0)).Add(row.GetGuid(1));
}
