using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// Reviews of one tree that nobody decided in time. What they hold counts for nobody any more, so a decision first lets them lapse.
/// </summary>
/// <remarks>
/// <see cref="Decisions.ReviewsLapsedAnywhere"/> has those of all trees. A batch cannot end those of other trees: it leaves them out of
/// counters.
/// </remarks>
internal sealed class LapsedReviews : LapsingRows
{
    private static readonly string InReview = RowMap.Of<Request>().Literal(row => row.Status, RequestStatus.InReview);

    protected override string Sql { get; } = Due("requests", $"r.status = {InReview}", "hold_expires_at");

    /// <summary>Wants the reviews that are due, when one may be, and what their ends need.</summary>
    public static void Plan(BatchState batch, TreeChanges tree)
    {
        foreach (var id in batch.Table<LapsedReviews>().PlanDue(tree))
            RequestInReview.Plan(batch, tree, id);
    }

    /// <summary>Lets them lapse, once per batch.</summary>
    /// <remarks>The ledger refuses no void of a hold that is open. If it did, the review would stay, and the sweep would log the
    /// refusal.</remarks>
    public static void Close(BatchState batch, TreeChanges tree) =>
        batch
            .Table<LapsedReviews>()
            .EndDue(
                tree,
                id =>
                {
                    if (
                        batch.Rows<Request>().Find(new RowKey(tree.RootProgrammeId, id)) is { Status: RequestStatus.InReview } request
                        && request.HoldExpiresAt <= tree.At
                    )
                        RequestInReview.Close(batch, tree, request, Closing.Expired, Actor.Service);
                }
            );

    /// <summary>A review begins.</summary>
    /// <param name="until">When it lapses.</param>
    public static void Referred(BatchState batch, TreeChanges tree, DateTimeOffset until) =>
        batch.Table<LapsedReviews>().Begin(tree, until);
}
