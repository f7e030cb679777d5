using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// The webhook endpoints whose address or secret came through clients: a way to read on, or to forge what receivers trust. Read under the
/// platform tree's lock, where endpoints change, so none is missed.
/// </summary>
public sealed class EndpointsOfClients : ReadByKey<string, Guid>
{
    /// <summary>At most 200 characters.</summary>
    public const string Reason =
        "A client through which its address or its secret came was revoked with all that it made. "
        + "Check the address and make a new secret before you enable it.";

    protected override string Sql =>
        """
            select v.client_id, e.id from unnest($1::text[]) as v(client_id)
                join webhook_endpoints e on e.status <> 'deleted' and (v.client_id in (e.url_set_by, e.secret_made_by)
                    or e.url_set_through @> array[v.client_id] or e.secret_made_through @> array[v.client_id]
                    or e.previous_secret_made_through @> array[v.client_id])
            """;

    /// <summary>Wants the endpoints of the clients, and once they are known, their rows.</summary>
    public void Plan(BatchState batch, IReadOnlyList<string> clientIds)
    {
        foreach (var id in clientIds.SelectMany(id => Find(id) ?? []))
            batch.Rows<WebhookEndpoint>().Want(new RowKey(id));
    }

    /// <summary>
    /// Disables what came through these clients, in this batch too. What somebody disabled before gets the reason, so that nobody
    /// enables it unawares.
    /// </summary>
    /// <param name="batch">Has read the endpoints.</param>
    /// <param name="actor">Who revokes the clients.</param>
    /// <param name="clientIds">Clients that were planned, or made in this batch.</param>
    /// <returns>The endpoints that are disabled for this reason now, and were not before.</returns>
    public IReadOnlyList<Guid> Disable(BatchState batch, Actor actor, IReadOnlySet<string> clientIds)
    {
        var rows = batch.Rows<WebhookEndpoint>();
        var at = batch.Tree(TreeId.Platform).At;
        var read = clientIds.Where(IsKnown).SelectMany(Of).Select(id => rows.Find(new RowKey(id))!);
        List<WebhookEndpoint> ends =
        [
            .. read.Concat(rows.Changed)
                .Distinct()
                .Where(row => row.Status != EndpointStatus.Deleted && row.DisabledReason != Reason && Came(row)),
        ];
        foreach (var row in ends)
        {
            var type = row.Status == EndpointStatus.Active ? WebhookEvents.Disabled : WebhookEvents.Updated;
            (row.Status, row.DisabledReason) = (EndpointStatus.Disabled, Reason);
            batch.Change(row, at);
            batch.RecordEvent(
                TreeId.Platform,
                actor,
                type,
                new WebhookEndpointData(row.Id, row.OwnerKind, row.OwnerId, row.Status, row.Version)
            );
        }

        return ends.ConvertAll(row => row.Id);

        // Receivers still take what the previous secret signs, until it ends.
        bool Came(WebhookEndpoint row) =>
            Has(row.UrlSetBy)
            || Has(row.SecretMadeBy)
            || clientIds.Overlaps(row.UrlSetThrough)
            || clientIds.Overlaps(row.SecretMadeThrough)
            || (row.PreviousSecretUntil > at && clientIds.Overlaps(row.PreviousSecretMadeThrough));
        bool Has(string? client) => client is not null && clientIds.Contains(client);
    }

    protected override (string Key, Guid Found) Read(NpgsqlDataReader row) => (row.GetString(0), row.GetGuid(1));
}
