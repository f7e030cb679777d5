using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>The stored facts of one tree, or of all, in the order in which they happened, each with the context it is counted by.</summary>
public static class FactHistory
{
    private static readonly RowMap<QuotaFactRow> Facts = RowMap.Of<QuotaFactRow>();

    /// <summary>The ordinal of the snapshot, behind the fact's columns.</summary>
    internal static readonly int SnapshotColumn = Facts.Width;

    internal static readonly string Columns = $"{Facts.Columns("f")}, d.snapshot";

    internal const string Tables = "quota_facts f join decisions d on d.root_programme_id = f.root_programme_id and d.id = f.context_id";

    /// <summary>Of one tree, in the order of its events, which is that of time: the key's own order, so that nothing is sorted.</summary>
    internal const string OfTree = "where f.root_programme_id = $1 and f.at < $2 order by f.event_sequence, f.ordinal";

    internal const string OfAll = "where $1::uuid is null and f.at < $2 order by f.at, f.root_programme_id, f.event_sequence, f.ordinal";

    public static async IAsyncEnumerable<(QuotaFact Fact, QuotaContext Context)> ReadAsync(NpgsqlConnection connection, TreeId? tree)
    {
        await using var command = Command(
            connection,
            $"select {Columns} from {Tables} {(tree is null ? OfAll : OfTree)}",
            tree,
            DateTimeOffset.MaxValue
        );
        // No timeout: the first row may come after a sort of the whole history. A timeout would only lead to endless retries while nobody
        // can decide.
        command.CommandTimeout = 0;
        await using var reader = await command.ExecuteReaderAsync();
        var contexts = new ContextCache();
        while (await reader.ReadAsync())
        {
            var row = RowOf(reader);
            if (!contexts.TryGet(row.ContextId, out var context))
                context = contexts.Add(row.ContextId, DecisionSnapshot.ContextOf(reader.GetFieldValue<byte[]>(SnapshotColumn)));
            foreach (var fact in FactKinds.FromRow(row))
                yield return (fact, context);
        }
    }

    internal static NpgsqlCommand Command(NpgsqlConnection connection, string sql, TreeId? tree, DateTimeOffset until) =>
        new(sql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = (object?)tree?.Value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = until },
            },
        };

    internal static QuotaFactRow RowOf(NpgsqlDataReader reader) => Facts.Read(reader);
}
