using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// The webhook endpoints whose address or secret came through a client, or through its descendants: a way to read on, or to forge what
/// receivers trust. Read under the platform tree's lock, where endpoints change, so none is missed.
/// </summary>
public sealed class EndpointsOfClients : PendingRows
{
    /// <summary>At most 200 characters.</summary>
    public const string Reason =
        "A client through which its address or its secret came was revoked with all that it made. "
        + "Check the address and make a new secret before you enable it.";

    private const string Sql = """
        with recursive lineage as (
            select v.client_id as ancestor, v.client_id from unnest($1::text[]) as v(client_id)
            union
            select l.ancestor, c.client_id from lineage l join api_clients c on c.made_by = l.client_id)
        select lineage.ancestor, e.id from lineage
            join webhook_endpoints e on lineage.client_id in (e.url_set_by, e.secret_made_by) and e.status = 'active'
        """;

    private readonly Dictionary<string, List<Guid>> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wants = new(StringComparer.Ordinal);

    public override bool HasWants => _wants.Count > 0;

    /// <summary>Wants the endpoints of a client and its descendants, and once they are known, their rows.</summary>
    public void Plan(BatchState batch, string clientId)
    {
        if (!_known.TryGetValue(clientId, out var ids))
            _wants.Add(clientId);
        else
            ids.ForEach(id => batch.Rows<WebhookEndpoint>().Want(new RowKey(id)));
    }

    /// <summary>Disables what came through these clients.</summary>
    /// <param name="batch">Has read the endpoints.</param>
    /// <param name="actor">Who revokes the clients.</param>
    /// <param name="clientId">The client that was planned.</param>
    /// <param name="revoked">It and those of its descendants that are revoked with it.</param>
    /// <returns>The endpoints that were disabled.</returns>
    public IReadOnlyList<Guid> Disable(BatchState batch, Actor actor, string clientId, IReadOnlySet<string> revoked)
    {
        var rows = batch.Rows<WebhookEndpoint>();
        var found = _known[clientId].Select(id => rows.Find(new RowKey(id))!).Concat(rows.Changed).Distinct();
        List<WebhookEndpoint> ends =
        [
            .. found.Where(row => row.Status == EndpointStatus.Active && (IsRevoked(row.UrlSetBy) || IsRevoked(row.SecretMadeBy))),
        ];
        foreach (var row in ends)
        {
            (row.Status, row.DisabledReason) = (EndpointStatus.Disabled, Reason);
            row.Version++;
            row.UpdatedAt = batch.Tree(TreeId.Platform).At;
            rows.Update(row);
            batch.Happened(
                TreeId.Platform,
                actor,
                WebhookEvents.Disabled,
                new WebhookEndpointData(row.Id, row.OwnerKind, row.OwnerId, row.Status, row.Version)
            );
        }

        return ends.ConvertAll(row => row.Id);

        bool IsRevoked(string? client) => client is not null && revoked.Contains(client);
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
