using GpuGrants.Quotas;
using Npgsql;

namespace GpuGrants.Api.Quotas;

/// <summary>The stored facts of one tree, or of all, in the order in which they happened, each with the context it is counted by.</summary>
public static class FactHistory
{
    private const string Sql = """
        select f.root_programme_id, f.event_sequence, f.ordinal, f.kind, f.context_id, f.at, f.counts_at, f.gpu_seconds, f.credits, f.gpus, f.is_whole, d.snapshot
        from quota_facts f join decisions d on d.root_programme_id = f.root_programme_id and d.id = f.context_id
        where ($1 is null or f.root_programme_id = $1)
        order by f.at, f.root_programme_id, f.event_sequence, f.ordinal
        """;

    public static async IAsyncEnumerable<(QuotaFact Fact, QuotaContext Context)> ReadAsync(NpgsqlConnection connection, Guid? root)
    {
        await using var command = new NpgsqlCommand(Sql, connection)
        {
            Parameters = { new NpgsqlParameter { Value = (object?)root ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        var contexts = new Dictionary<Guid, QuotaContext>();
        while (await reader.ReadAsync())
        {
            var row = new QuotaFactRow
            {
                RootProgrammeId = reader.GetGuid(0),
                EventSequence = reader.GetInt64(1),
                Ordinal = reader.GetInt32(2),
                Kind = reader.GetString(3),
                ContextId = reader.GetGuid(4),
                At = reader.GetFieldValue<DateTimeOffset>(5),
                CountsAt = reader.GetFieldValue<DateTimeOffset>(6),
                GpuSeconds = reader.GetInt64(7),
                Credits = reader.GetInt64(8),
                Gpus = reader.GetInt32(9),
                IsWhole = reader.GetBoolean(10),
            };
            if (!contexts.TryGetValue(row.ContextId, out var context))
                contexts[row.ContextId] = context = DecisionSnapshot.ContextOf(reader.GetFieldValue<byte[]>(11));
            yield return (FactKinds.FromRow(row), context);
        }
    }
}
