using GpuGrants.Api.Events;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Units;

namespace GpuGrants.Api.Decisions;

/// <summary>
/// The facts that follow from verdicts. They are counted everywhere they count, and stored, so that counters can be recounted.
/// </summary>
internal static class Facts
{
    /// <param name="happened">The event that the facts belong to.</param>
    /// <param name="pinnedBy">The decision whose snapshot pins the context.</param>
    /// <param name="quotas">What counts in the context; null when nothing that counts can change.</param>
    /// <param name="facts">In order.</param>
    public static void Record(BatchState batch, Event happened, Guid pinnedBy, QuotaMatch? quotas, params ReadOnlySpan<QuotaFact> facts)
    {
        var counters = new BatchCounters(batch);
        var rows = batch.Rows<QuotaFactRow>();
        foreach (var row in FactRows.ToRows([.. facts], happened.RootProgrammeId, happened.Sequence, happened.NextFactOrdinal, pinnedBy))
        {
            rows.Insert(row);
            happened.NextFactOrdinal++;
        }

        if (quotas is null)
            return;
        foreach (var fact in facts)
            counters.Apply(quotas, fact);
    }

    /// <summary>When a review's hold ends: the facts by which the held amounts and the wait end.</summary>
    public static QuotaFact[] Release(Request request, DateTimeOffset at) =>
        // A later end of pooled hours holds nothing.
        request.AddsTime
            ? [Amounts(request, at), QuotaFact.RequestClosed(at, request.CountsAt)]
            : [QuotaFact.RequestClosed(at, request.CountsAt)];

    /// <summary>More time for a grant holds neither a grant nor GPUs.</summary>
    private static QuotaFact Amounts(Request request, DateTimeOffset at) =>
        QuotaFact
            .HoldReleased(
                at,
                request.CountsAt,
                GpuTime.FromSeconds(request.GpuSeconds),
                Credits.FromUnits(request.Credits ?? 0),
                request.Gpus,
                isWhole: !request.ChangesInPlace
            )
            .Of(request.Life(), GpuTime.FromSeconds(request.GpuSeconds));
}
