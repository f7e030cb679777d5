namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to people whom partners sign up.</summary>
public static class PartnerPersonEvents
{
    public static readonly EventType<PartnerPersonData> Added = new(
        "partner-person.added",
        "partner-person",
        "A partner signed somebody up who has to confirm by mail."
    );

    public static readonly EventType<PartnerPersonData> Confirmed = new(
        "partner-person.confirmed",
        "partner-person",
        "Somebody whom a partner signed up confirmed, or the partner vouches for them."
    );

    public static readonly EventType<PartnerPersonData> Removed = new(
        "partner-person.removed",
        "partner-person",
        "A partner removed somebody whom it signed up. It acts for them no more."
    );
}

/// <param name="PartnerPersonId">The partner's person.</param>
/// <param name="PartnerId">The partner.</param>
/// <param name="OrganizationId">Their organization; null until they confirmed.</param>
/// <param name="Status">waiting, active or removed.</param>
public sealed record PartnerPersonData(Guid PartnerPersonId, Guid PartnerId, Guid? OrganizationId, string Status) : IEventData
{
    string IEventData.ResourceId => PartnerPersonId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}
