using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Webhooks.Managing;

/// <summary>
/// How many endpoints owners have. Endpoints are made under the lock of the platform's tree, so that no other counts beside.
/// </summary>
internal sealed class EndpointCounts : Lookups<(string Kind, Guid? Id), long>
{
    private const string Sql = """
        select v.kind, v.id, (select count(*) from webhook_endpoints e where e.owner_kind = v.kind and e.owner_id is not distinct from v.id
            and e.status <> 'deleted')
        from unnest($1::text[], $2::uuid[]) as v(kind, id)
        """;

    public void Want(string kind, Guid? id) => Ask((kind, id));

    /// <summary>How many the owner has, with those that this batch made.</summary>
    /// <exception cref="InvalidOperationException">Nobody wanted it: the command's plan and its decision disagree.</exception>
    public long Of(BatchState batch, string kind, Guid? id) =>
        Found((kind, id)) + batch.Rows<WebhookEndpoint>().Inserts.Count(row => row.OwnerKind == kind && row.OwnerId == id);

    protected override NpgsqlBatchCommand Read(IReadOnlyCollection<(string Kind, Guid? Id)> keys) =>
        new(Sql) { Parameters = { Each(keys.Select(one => one.Kind)), Each(keys.Select(one => one.Id)) } };

    protected override void Take(NpgsqlDataReader row) =>
        Know((row.GetString(0), row.IsDBNull(1) ? null : row.GetGuid(1)), row.GetInt64(2));
}
