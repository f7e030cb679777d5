using System.Text.RegularExpressions;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>Callers keep copies by version, and ask for what changed since a moment. So no change counts without being dated.</summary>
public sealed partial class ChangedRowsTests
{
    /// <summary>What counts otherwise: a tree, its packed counters, a principal's authority, and a row that is never dated.</summary>
    private static readonly string[] Others =
    [
        "Access/LinkedIdentity.cs",
        "Pipeline/Batches/Batch.cs",
        "Pipeline/Commands/BatchState.cs",
        "Pipeline/Counters/SubjectCountersStore.cs",
        "Pipeline/Trees/TreeChanges.cs",
        "Quotas/Overrides/OverrideBook.cs",
    ];

    [Fact]
    public void A_changed_row_gets_its_version_and_its_date_in_one_place()
    {
        var folder = Repository.File("src", "GpuGrants.Api");
        var counting = Directory
            .EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => Counts().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            .Where(file => !file.StartsWith("obj/", StringComparison.Ordinal));
        Assert.Equal(Others, counting.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"\bVersion(\+\+| \+ 1\b| \+= )")]
    private static partial Regex Counts();
}
