namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to people. The events carry ids alone.</summary>
public static class PersonEvents
{
    public static readonly EventType<PersonData> Joined = new("person.joined", "person", "Somebody signed up and proved an address.");

    public static readonly EventType<PersonData> Returned = new("person.returned", "person", "Somebody who was erased signed up again.");

    public static readonly EventType<PersonData> Updated = new(
        "person.updated",
        "person",
        "A person changed name, language, address or mail, or the address refused mail."
    );

    public static readonly EventType<PersonData> Suspended = new("person.suspended", "person", "An administrator suspended a person.");

    public static readonly EventType<PersonData> SuspensionLifted = new(
        "person.suspension-lifted",
        "person",
        "An administrator lifted a person's suspension."
    );

    public static readonly EventType<PersonData> IdentityLinked = new(
        "person.identity-linked",
        "person",
        "A person linked a subject of a trusted issuer."
    );

    public static readonly EventType<PersonData> IdentityUnlinked = new(
        "person.identity-unlinked",
        "person",
        "A person unlinked a subject of a trusted issuer."
    );

    public static readonly EventType<PersonData> Erased = new("person.erased", "person", "A person was erased on their own request.");
}

public sealed record PersonData(Guid PersonId) : IEventData
{
    string IEventData.ResourceId => PersonId.ToString();
}
