using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Webhooks.Managing;

/// <summary>
/// How many endpoints owners have. Endpoints are made under the lock of the platform's tree, so that no other counts beside.
/// </summary>
internal sealed class EndpointCounts : IBatchReads
{
    private const string Sql = """
        select v.kind, v.id, (select count(*) from webhook_endpoints e where e.owner_kind = v.kind and e.owner_id is not distinct from v.id
            and e.status <> 'deleted')
        from unnest($1::text[], $2::uuid[]) as v(kind, id)
        """;

    private readonly Dictionary<(string Kind, Guid? Id), long> _known = [];
    private readonly HashSet<(string Kind, Guid? Id)> _wants = [];

    public bool HasWants => _wants.Count > 0;

    public void Want(string kind, Guid? id)
    {
        if (!_known.ContainsKey((kind, id)))
            _wants.Add((kind, id));
    }

    /// <summary>How many the owner has, with those that this batch made.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it: the command's plan and its decision disagree.</exception>
    public long Of(BatchState batch, string kind, Guid? id) =>
        _known[(kind, id)] + batch.Rows<WebhookEndpoint>().Inserts.Count(row => row.OwnerKind == kind && row.OwnerId == id);

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. _wants.Select(one => one.Kind)] },
                new NpgsqlParameter<Guid?[]> { TypedValue = [.. _wants.Select(one => one.Id)] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetGuid(1))] = reader.GetInt64(2);
    }
}
