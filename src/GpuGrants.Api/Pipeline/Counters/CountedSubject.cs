using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>A subject's counters as a replica remembers them.</summary>
/// <param name="version">Of its row; 0 when it is known to have none.</param>
/// <param name="counters">What was read.</param>
public sealed class CountedSubject(long version, SubjectCounters counters)
{
    /// <summary>A subject that is known to have no row.</summary>
    public CountedSubject()
        : this(0, new SubjectCounters()) { }

    public long Version { get; private set; } = version;

    public SubjectCounters Counters { get; } = counters;

    /// <summary>The row that stores the counters: a new one when its version is 1.</summary>
    /// <param name="tree">The tree that the subject is counted in.</param>
    /// <param name="id">The subject.</param>
    /// <param name="isCounted">Whether a rule still counts the signature; others are left out.</param>
    public SubjectCountersRow NextRow(TreeId tree, SubjectId id, Func<Guid, bool> isCounted)
    {
        Counters.Prune(isCounted);
        Version++;
        return new SubjectCountersRow
        {
            RootProgrammeId = tree.Value,
            SubjectId = id.ToString(),
            Version = Version,
            Counters = PackedCounters.Write(Counters),
        };
    }
}
