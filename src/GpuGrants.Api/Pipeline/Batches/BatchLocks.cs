using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>What a batch locks besides the trees of its commands.</summary>
/// <param name="HoldsPlatformAlone">Whether it changes the platform's configuration, or makes counters for the platform's new
/// rules.</param>
/// <param name="CountingTrees">Counting trees that an earlier try of the batch turned out to need.</param>
internal sealed record BatchLocks(bool HoldsPlatformAlone, IReadOnlySet<TreeId> CountingTrees)
{
    public static BatchLocks Of(IEnumerable<Submission> submissions) =>
        new(submissions.Any(submission => submission.Command.ConfiguresPlatform), new HashSet<TreeId>());
}
