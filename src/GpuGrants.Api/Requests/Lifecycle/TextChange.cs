using System.Text.Json;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>A change of a request's words: its purpose, and tags that no rule reads.</summary>
internal static class TextChange
{
    /// <summary>Whether nothing else changes than what no rule reads.</summary>
    public static bool IsAll(RequestDraft before, RequestDraft after, CompiledQuotas quotas)
    {
        string[] tags = [.. before.Tags.Except(after.Tags), .. after.Tags.Except(before.Tags)];
        // Arrays have no equality of their own, and these were compared.
        var same = after with
        {
            Purpose = before.Purpose,
            Tags = before.Tags,
            GpuModels = before.GpuModels,
        };
        return same == before && before.GpuModels.SequenceEqual(after.GpuModels) && !quotas.Rules.Any(rule => Reads(rule, tags));
    }

    /// <summary>Changes the words. Who has endorsed the request did so for other words, so that approvals begin anew.</summary>
    public static RequestDecided Apply(BatchState batch, TreeChanges tree, Request request, RequestDraft draft, Actor actor, Event happened)
    {
        var seen = batch.Rows<Decision>().Find(new RowKey(tree.RootProgrammeId, request.PinnedBy))!;
        batch.Rows<RequestRevision>().Insert(RequestRevision.Of(request));
        request.Purpose = draft.Purpose;
        request.Tags = draft.Tags;
        request.ApprovalsGiven = 0;
        request.ApprovedBy = [];
        request.EndorsedGpuSeconds = null;
        request.ProviderApproval = request.ProviderApproval is null ? null : ProviderApproval.Waiting;
        request.Amends++;
        batch.Change(request, happened.OccurredAt);
        var decision = Again(tree, request, seen, actor);
        request.DecisionId = decision.Id;
        batch.Rows<Decision>().Insert(decision);
        return new RequestDecided(
            request,
            decision,
            JsonSerializer.Deserialize<DecisionExplanation>(decision.Explanation, ApiJson.Options)!
        );
    }

    /// <summary>The verdict that still holds, for the new words. The rules were not asked again, so there is no snapshot.</summary>
    private static Decision Again(TreeChanges tree, Request request, Decision seen, Actor actor)
    {
        var decision = NewDecision.Of(tree, request, actor);
        decision.Verdict = DecisionVerdict.Review;
        decision.DecidedBy = DecidedBy.Rule;
        decision.GpuSeconds = seen.GpuSeconds;
        decision.MaxGrantableGpuSeconds = seen.MaxGrantableGpuSeconds;
        decision.Explanation = seen.Explanation;
        return decision;
    }

    private static bool Reads(CompiledRule rule, string[] tags) =>
        tags.Length > 0 && rule.Rule.Filter.Conditions.OfType<TagCondition>().Any(condition => condition.Names.Intersect(tags).Any());
}
