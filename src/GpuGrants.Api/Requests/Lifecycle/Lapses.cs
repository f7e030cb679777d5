using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// All of one tree that may hold GPU time beyond its own end: reviews, then quotes. Whoever decides on GPU time first ends what lapsed.
/// </summary>
internal static class Lapses
{
    /// <summary>Wants those that are due, when one may be, and what their ends need.</summary>
    public static void Plan(BatchState batch, TreeChanges tree)
    {
        LapsedReviews.Plan(batch, tree);
        LapsedQuotes.Plan(batch, tree);
    }

    /// <summary>Ends them, once per batch.</summary>
    public static void Close(BatchState batch, TreeChanges tree)
    {
        LapsedReviews.Close(batch, tree);
        LapsedQuotes.Close(batch, tree);
    }
}
