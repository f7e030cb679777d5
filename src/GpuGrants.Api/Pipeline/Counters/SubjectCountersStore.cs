using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
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
    public static (TreeId Tree, SubjectId Id, VersionedSubjectCounters Subject) Read(NpgsqlDataReader reader)
    {
        var row = Map.Read(reader);
        return (TreeId.Of(row.Tree), SubjectId.Parse(row.SubjectId), new VersionedSubjectCounters(row.Version, Unpack(row)));
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
            var (subject, tree) = (row.SubjectId, TreeId.Of(row.Tree));
            throw new FormatException($"The counters of subject {subject} in tree {tree} cannot be read. {failure.Message}", failure);
        }
    }
}

/// <summary>A row of <c>subject_counters</c>: all that was counted for one subject in one tree.</summary>
public sealed class SubjectCountersRow
{
    /// <summary>The id of the tree that counts, whatever its kind.</summary>
    public Guid Tree { get; set; }

    public string SubjectId { get; set; } = "";

    /// <summary>1 for a new row, and one more with each write: so a batch knows whether to insert or to update it.</summary>
    public long Version { get; set; }

    /// <summary>As <see cref="PackedCounters"/> writes them.</summary>
    public byte[] Counters { get; set; } = [];
}

internal sealed class SubjectCountersTable : IEntityTypeConfiguration<SubjectCountersRow>
{
    public void Configure(EntityTypeBuilder<SubjectCountersRow> table)
    {
        table.ToTable("subject_counters").HasKey(row => new { row.Tree, row.SubjectId });
        table.Property(row => row.Tree).HasColumnName("root_programme_id");
    }
}

/// <summary>A subject's counters as a replica remembers them.</summary>
/// <param name="version">Of its row; 0 when it is known to have none.</param>
/// <param name="counters">What was read.</param>
public sealed class VersionedSubjectCounters(long version, SubjectCounters counters)
{
    /// <summary>A subject that is known to have no row.</summary>
    public VersionedSubjectCounters()
        : this(0, new SubjectCounters()) { }

    public long Version { get; private set; } = version;

    public SubjectCounters Counters { get; } = counters;

    /// <summary>The row that stores the counters: a new one when its version is 1.</summary>
    /// <param name="tree">The tree that the subject is counted in.</param>
    /// <param name="id">The subject.</param>
    /// <param name="hasRuleFor">Whether a rule still counts the signature; others are left out.</param>
    public SubjectCountersRow NextRow(TreeId tree, SubjectId id, Func<Guid, bool> hasRuleFor)
    {
        Counters.Prune(hasRuleFor);
        Version++;
        return new SubjectCountersRow
        {
            Tree = tree.Value,
            SubjectId = id.ToString(),
            Version = Version,
            Counters = PackedCounters.Write(Counters),
        };
    }
}
