using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Webhooks.Managing;

/// <summary>
/// How many endpoints owners have. Endpoints are made under the lock of the platform's tree, so that no other counts beside.
/// </summary>
internal sealed class EndpointCounts : ReadByKey<(string Kind, Guid? Id), long>
{
    private const string Text = """
        select v.kind, v.id, (select count(*) from webhook_endpoints e where e.owner_kind = v.kind and e.owner_id is not distinct from v.id
            and e.status <> 'deleted')
        from unnest($1::text[], $2::uuid[]) as v(kind, id)
        """;

    protected override string Sql => Text;

    public void Want(string kind, Guid? id) => Find((kind, id));

    /// <summary>How many the owner has, with those that this batch made.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it: the command's plan and its decision disagree.</exception>
    public long Of(BatchState batch, string kind, Guid? id) =>
        Of((kind, id))[0] + batch.Rows<WebhookEndpoint>().Inserts.Count(row => row.OwnerKind == kind && row.OwnerId == id);

    protected override void AddKeys(NpgsqlParameterCollection parameters, HashSet<(string Kind, Guid? Id)> keys)
    {
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(one => one.Kind)] });
        parameters.Add(new NpgsqlParameter<Guid?[]> { TypedValue = [.. keys.Select(one => one.Id)] });
    }

    protected override ((string Kind, Guid? Id) Key, long Found) Read(NpgsqlDataReader row) =>
        ((row.GetString(0), row.IsDBNull(1) ? null : row.GetGuid(1)), row.GetInt64(2));
}
