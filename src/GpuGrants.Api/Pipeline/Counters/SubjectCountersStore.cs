using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>Reads and writes the counters of many subjects of many trees, each in one statement.</summary>
internal static class SubjectCountersStore
{
    private static readonly RowMap<SubjectCountersRow> Map = RowMap.Of<SubjectCountersRow>();

    public static NpgsqlBatchCommand Select(IReadOnlyCollection<(TreeId Tree, SubjectId Id)> subjects) =>
        Map.Select([.. subjects.Select(one => new RowKey(one.Tree.Value, Text: one.Id.ToString()))]);

    /// <summary>Adds the statements that write the rows. Under the lock of their tree, nobody else can have made them meanwhile.</summary>
    public static void AddWrites(NpgsqlBatch batch, IEnumerable<SubjectCountersRow> rows)
    {
        var byKind = rows.ToLookup(row => row.Version == 1);
        if (byKind[true].ToList() is { Count: > 0 } added)
            batch.BatchCommands.Add(Map.Insert(added));
        if (byKind[false].ToList() is { Count: > 0 } stored)
            batch.BatchCommands.Add(Map.Update(stored));
    }

    /// <exception cref="FormatException">The row's counters are damaged.</exception>
    public static (TreeId Tree, SubjectId Id, CountedSubject Subject) Read(NpgsqlDataReader reader, int offset = 0)
    {
        var row = Map.Read(reader, offset);
        return (TreeId.Of(row.RootProgrammeId), SubjectId.Parse(row.SubjectId), new CountedSubject(row.Version, Unpack(row)));
    }

    /// <exception cref="FormatException">The row's counters are damaged.</exception>
    public static SubjectCounters Unpack(SubjectCountersRow row)
    {
        try
        {
            return PackedCounters.Read(row.Counters);
        }
        catch (FormatException failure)
        {
            var (subject, tree) = (row.SubjectId, TreeId.Of(row.RootProgrammeId));
            throw new FormatException($"The counters of subject {subject} in tree {tree} cannot be read. {failure.Message}", failure);
        }
    }
}
