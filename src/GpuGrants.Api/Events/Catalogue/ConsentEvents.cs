namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to consents by which partners act for organizations and people.</summary>
public static class ConsentEvents
{
    public static readonly EventType<ConsentData> Begun = new("consent.begun", "consent", "A code was made by which somebody may consent.");

    public static readonly EventType<ConsentData> Given = new("consent.given", "consent", "A partner may act for somebody from now on.");

    public static readonly EventType<ConsentData> Ended = new("consent.ended", "consent", "A partner may no longer act for somebody.");
}

/// <param name="ConsentId">The consent.</param>
/// <param name="PartnerId">The partner that acts; null while it is offered to any.</param>
/// <param name="OrganizationId">For which organization; null when it is a person, and while a partner asks.</param>
/// <param name="PersonId">For which person; null when it is an organization.</param>
/// <param name="Version">The consent's version.</param>
public sealed record ConsentData(Guid ConsentId, Guid? PartnerId, Guid? OrganizationId, Guid? PersonId, long Version) : IEventData
{
    string IEventData.ResourceId => ConsentId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}
