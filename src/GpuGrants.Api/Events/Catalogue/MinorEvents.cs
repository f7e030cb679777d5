namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to confirmations for minors. The events carry ids alone.</summary>
public static class MinorEvents
{
    public static readonly EventType<PersonData> Confirmed = new(
        "person.confirmed",
        "person",
        "A guardian or a school confirmed that a minor may ask."
    );

    public static readonly EventType<PersonData> ConfirmationEnded = new(
        "person.confirmation-ended",
        "person",
        "A guardian or a school withdrew a confirmation, or another one took its place."
    );
}
