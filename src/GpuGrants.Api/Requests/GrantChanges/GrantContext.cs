using GpuGrants.Api.Decisions;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>Pins the context in which a grant counts from now on.</summary>
internal static class GrantContext
{
    /// <summary>A decision on the grant's request: what is left of the grant was approved for somebody else, or on another offer.</summary>
    /// <param name="batch">Has read the grant's request.</param>
    /// <param name="tree">The grant's tree.</param>
    /// <param name="grant">The grant.</param>
    /// <param name="context">What counts from now on.</param>
    /// <param name="actor">Who did it.</param>
    /// <param name="byPerson">Whether a person decided; the rules otherwise.</param>
    /// <param name="comment">Why, if somebody said so.</param>
    public static Decision Pin(
        BatchState batch,
        TreeChanges tree,
        Grant grant,
        QuotaContext context,
        Actor actor,
        bool byPerson,
        string? comment
    )
    {
        var request = batch.Rows<Request>().Find(new RowKey(tree.RootProgrammeId, grant.RequestId))!;
        var decision = NewDecision.Of(tree, request, actor);
        decision.Verdict = DecisionVerdict.Approved;
        decision.DecidedBy = byPerson ? DecidedBy.Person : DecidedBy.Rule;
        decision.GpuSeconds = grant.Outstanding().Seconds;
        decision.Explanation = ApiJson.WriteText(DecisionExplanation.None);
        decision.Comment = comment;
        decision.Context = context;
        // Only the limits that the grant met anew were asked, so the snapshot pins none.
        decision.Snapshot = new DecisionSnapshot
        {
            Context = context,
            Now = tree.At,
            GpuSeconds = grant.Outstanding().Seconds,
            Rate = grant.MillicreditsPerGpuHour,
            Gpus = grant.Gpus,
            IsCountedAlready = true,
            Policies = [],
            Overrides = [],
            Counters = [],
            Life = grant.Life(),
        }.ToBytes();
        batch.Rows<Decision>().Insert(decision);
        return decision;
    }
}
