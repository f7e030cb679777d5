using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>Where the charged time of a record counts under the rules of a tree.</summary>
internal static class UsedParts
{
    /// <summary>The parts of a record's time over which its charged time counts evenly.</summary>
    /// <returns>One or more, in order. The whole where a rule counts each use as one, and where nothing of it can be charged.</returns>
    public static IReadOnlyList<UsageSpan> Spans(BatchState batch, TreeChanges tree, Grant grant, UsageTerms terms, UsageSpan span) =>
        Handovers.Cut(
            batch,
            grant,
            tree.Config.Quotas.Compiled.UseCellMs is not null && terms.UsableIn(span) is { Count: > 0 } parts ? parts : [span]
        );

    /// <summary>How much counts in each of them.</summary>
    public static IEnumerable<(UsageSpan Span, GpuTime Time)> Of(
        BatchState batch,
        TreeChanges tree,
        Grant grant,
        UsageTerms terms,
        UsageSpan span,
        GpuTime time
    ) => UsageParts.Of(Spans(batch, tree, grant, terms, span), time);
}
