using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>The counters that a database holds.</summary>
internal static class StoredCounters
{
    /// <summary>Those of one tree, or of all trees.</summary>
    public static async Task<List<(CounterKey Key, QuotaCounter Counter)>> ReadAsync(NpgsqlConnection connection, TreeId? tree = null)
    {
        await using var command = new NpgsqlCommand(
            "select root_programme_id, subject_id, counters from subject_counters where $1 is null or root_programme_id = $1",
            connection
        )
        {
            Parameters =
            {
                new() { Value = (object?)tree?.Value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid },
            },
        };
        await using var reader = await command.ExecuteReaderAsync();
        var stored = new List<(CounterKey Key, QuotaCounter Counter)>();
        while (await reader.ReadAsync())
        {
            var (root, subject) = (TreeId.Of(reader.GetGuid(0)), SubjectId.Parse(reader.GetString(1)));
            foreach (var (signature, counter) in PackedCounters.Read(reader.GetFieldValue<byte[]>(2)).All)
                stored.Add((new CounterKey(root, signature, subject), counter));
        }

        return stored;
    }
}
