using GpuGrants.Api.Events;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Counters;

namespace GpuGrants.Api.Decisions;

/// <summary>Counts facts everywhere they count and stores them, so that counters can be recounted.</summary>
internal static class Facts
{
    /// <param name="happened">The event that the facts belong to.</param>
    /// <param name="contextId">The decision whose snapshot pins the context.</param>
    /// <param name="quotas">What counts in the context; null when nothing that counts can change.</param>
    /// <param name="facts">In order.</param>
    public static void Record(BatchState batch, Event happened, Guid contextId, QuotaMatch? quotas, params ReadOnlySpan<QuotaFact> facts)
    {
        var counters = new BatchCounters(batch);
        var rows = batch.Rows<QuotaFactRow>();
        foreach (var row in FactKinds.ToRows([.. facts], happened.RootProgrammeId, happened.Sequence, happened.NextFactOrdinal, contextId))
        {
            rows.Insert(row);
            happened.NextFactOrdinal++;
        }

        if (quotas is null)
            return;
        foreach (var fact in facts)
            counters.Apply(quotas, fact);
    }
}
