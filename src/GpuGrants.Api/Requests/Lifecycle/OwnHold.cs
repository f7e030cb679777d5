using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Rulings;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>How a request in review stands when it is decided again: what it holds itself counts as free.</summary>
internal static class OwnHold
{
    /// <summary>Its applicant amends it. The changed request counts as asked once more.</summary>
    public static Standing Amended(BatchState batch, TreeChanges tree, Request request) =>
        new(Without(batch, tree, request), InReview: request);

    /// <summary>A person settles it.</summary>
    public static Standing InReview(BatchState batch, TreeChanges tree, Request request) =>
        new(Without(batch, tree, request), InReview: request, IsCounted: true);

    private static CopiedCounters Without(BatchState batch, TreeChanges tree, Request request)
    {
        var counters = new CopiedCounters(new BatchCounters(batch));
        var quotas = PinnedContext.Of(batch, tree, request.PinnedBy);
        foreach (var fact in Facts.Release(request, tree.At))
            quotas.Apply(fact, counters);
        return counters;
    }
}
