using GpuGrants.Trees;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>One record of a report.</summary>
/// <param name="Id">The provider's id: sent again, it is the same record. Null when the record states none.</param>
/// <param name="GrantId">The grant it is charged to.</param>
/// <param name="Tree">The grant's tree; null when there is no such grant.</param>
/// <param name="Reading">How many GPUs and when. PostgreSQL keeps microseconds, so its moments have no more.</param>
/// <param name="Refusal">Why the record could not even be read; null when it could.</param>
public sealed record UsageItem(Guid? Id, Guid GrantId, TreeId? Tree, UsageReading Reading, UsageRefusal? Refusal = null)
{
    /// <summary>A record that could not be read.</summary>
    public static UsageItem Unreadable(Guid? id, UsageRefusal refusal) => new(id, Guid.Empty, null, default, refusal);

    /// <summary>The record that was taken with the same id, or why this is another.</summary>
    /// <returns>A repetition only when both state the same.</returns>
    public UsageResult Repeat(UsageRecord before)
    {
        var field =
            before.GrantId != GrantId ? "grantId"
            : before.MilliGpus != Reading.MilliGpus ? "gpus"
            : (before.StatedStartedAt ?? before.StartedAt) != Reading.StartedAt ? "startedAt"
            : (before.StatedEndedAt ?? before.EndedAt) != Reading.EndedAt ? "endedAt"
            : null;
        if (before.VoidedAt is not null)
            return UsageResult.Refused(
                Id,
                new UsageRefusal("usage-voided", "id", "The record was voided. Report the usage with a new id.")
            );
        return field is null
            ? UsageResult.Recorded(before, repeated: true)
            : UsageResult.Refused(
                Id,
                new UsageRefusal(
                    "usage-id-reused",
                    field,
                    $"A record with this id was taken before with another {field}. Use a new id for another record, or correct this one."
                )
            );
    }
}
