using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>Reads and writes the counters of many subjects of many trees, each in one statement.</summary>
internal static class SubjectCountersStore
{
    // "offset 0" keeps the planner from reading the whole of a small table to find a few rows of it.
    private const string Sql = """
        select c.root_programme_id, c.subject_id, c.version, c.counters
        from unnest($1, $2) as v(root, subject) cross join lateral (select * from subject_counters c
            where c.root_programme_id = v.root and c.subject_id = v.subject offset 0) c
        """;

    public static NpgsqlBatchCommand Select(IReadOnlyCollection<(TreeId Tree, SubjectId Id)> subjects) =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. subjects.Select(one => one.Tree.Value)], DataTypeName = "uuid[]" },
                new NpgsqlParameter<string[]> { TypedValue = [.. subjects.Select(one => one.Id.ToString())], DataTypeName = "text[]" },
            },
        };

    /// <summary>Adds the statements that write the rows. Under the lock of their tree, nobody else can have made them meanwhile.</summary>
    public static void AddWrites(NpgsqlBatch batch, RowMap<SubjectCountersRow> map, IEnumerable<SubjectCountersRow> rows)
    {
        var byKind = rows.ToLookup(row => row.Version == 1);
        if (byKind[true].ToList() is { Count: > 0 } added)
            batch.BatchCommands.Add(map.Insert(added));
        if (byKind[false].ToList() is { Count: > 0 } stored)
            batch.BatchCommands.Add(map.Update(stored));
    }

    /// <exception cref="FormatException">The row's counters are damaged.</exception>
    public static (TreeId Tree, SubjectId Id, CountedSubject Subject) Read(NpgsqlDataReader row)
    {
        var (tree, id) = (TreeId.Of(row.GetGuid(0)), SubjectId.Parse(row.GetString(1)));
        return (tree, id, new CountedSubject(row.GetInt64(2), Unpack(tree, id, row.GetFieldValue<byte[]>(3))));
    }

    /// <exception cref="FormatException">The counters are damaged.</exception>
    public static SubjectCounters Unpack(TreeId tree, SubjectId id, byte[] packed)
    {
        try
        {
            return PackedCounters.Read(packed);
        }
        catch (FormatException failure)
        {
            throw new FormatException($"The counters of subject {id} in tree {tree} cannot be read. {failure.Message}", failure);
        }
    }
}
