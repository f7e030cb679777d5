using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// The clients that descend from others: made through them, or through those that they made. Read under the platform tree's lock, where
/// clients are made, so none is missed.
/// </summary>
public sealed class ClientLineage : PendingRows
{
    private const string Sql = """
        with recursive lineage as (
            select v.client_id as ancestor, c.id, c.client_id from unnest($1::text[]) as v(client_id) join api_clients c on c.made_by = v.client_id
            union
            select l.ancestor, c.id, c.client_id from lineage l join api_clients c on c.made_by = l.client_id)
        select ancestor, id from lineage
        """;

    private readonly Dictionary<string, List<Guid>> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wants = new(StringComparer.Ordinal);

    /// <summary>The client through which the caller makes something. A linked subject stands for the client that linked it.</summary>
    /// <returns>Null where none is known.</returns>
    internal static async Task<string?> MakerAsync(HttpContext http, GpuGrantsContext db)
    {
        var (issuer, subject) = http.Caller().Key;
        if (issuer.Length == 0)
            return http.Caller().ClientId;
        var hash = LinkedIdentity.HashOf(http.RequestServices.GetRequiredService<IdentityKey>(), issuer, subject);
        return await db.Set<LinkedIdentity>()
            .Where(row => row.Hash == hash)
            .Select(row => row.LinkedBy)
            .FirstOrDefaultAsync(http.RequestAborted);
    }

    public override bool HasWants => _wants.Count > 0;

    /// <summary>Wants the client's descendants, and once they are known, their rows.</summary>
    public void Plan(BatchState batch, string clientId)
    {
        if (!_known.TryGetValue(clientId, out var ids))
            _wants.Add(clientId);
        else
            ids.ForEach(id => batch.Rows<ApiClient>().Want(new RowKey(id)));
    }

    /// <summary>The client's descendants, with those that this batch has made.</summary>
    public IReadOnlyList<ApiClient> Of(BatchState batch, string clientId)
    {
        var rows = batch.Rows<ApiClient>();
        var found = _known[clientId].Select(id => rows.Find(new RowKey(id))!).ToList();
        var names = found.Select(row => row.ClientId).Append(clientId).ToHashSet(StringComparer.Ordinal);
        // Makers come before what they made, so one pass finds all.
        foreach (var made in rows.Inserts.Where(row => row.MadeBy is { } maker && names.Contains(maker)))
        {
            names.Add(made.ClientId);
            found.Add(made);
        }

        return [.. found.DistinctBy(row => row.Id)];
    }

    public override NpgsqlBatchCommand Read() => new(Sql) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. _wants] } } };

    public override async Task TakeAsync(NpgsqlDataReader reader)
    {
        foreach (var clientId in _wants)
            _known[clientId] = [];
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[reader.GetString(0)].Add(reader.GetGuid(1));
    }

    /// <summary>It only reads.</summary>
    public override void AddWrites(NpgsqlBatch batch) { }
}
