namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to handovers of ownership.</summary>
public static class HandoverEvents
{
    public static readonly EventType<HandoverData> Started = new(
        "handover.started",
        "handover",
        "Somebody was named as the next owner of an organization."
    );

    public static readonly EventType<HandoverData> Accepted = new(
        "handover.accepted",
        "handover",
        "The one who was named owns the organization now."
    );

    public static readonly EventType<HandoverData> Stopped = new(
        "handover.stopped",
        "handover",
        "The owner, the one who was named or an administrator stopped a handover."
    );
}

/// <param name="HandoverId">The handover.</param>
/// <param name="OrganizationId">Whose ownership it is.</param>
/// <param name="Kind">offer or rescue.</param>
public sealed record HandoverData(Guid HandoverId, Guid OrganizationId, string Kind) : IEventData
{
    string IEventData.ResourceId => HandoverId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}
