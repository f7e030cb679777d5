namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to invitations. Those see it who may give the role; the address is no part of it.</summary>
public static class InvitationEvents
{
    public static readonly EventType<InvitationData> Created = new(
        "invitation.created",
        "invitation",
        "Somebody was invited to a role by e-mail."
    );

    public static readonly EventType<InvitationData> Accepted = new("invitation.accepted", "invitation", "The invited said yes.");

    public static readonly EventType<InvitationData> Withdrawn = new(
        "invitation.withdrawn",
        "invitation",
        "Somebody took an invitation back before the invited said yes."
    );

    public static readonly EventType<InvitationData> Expired = new(
        "invitation.expired",
        "invitation",
        "Nobody accepted an invitation in time."
    );
}

/// <param name="InvitationId">The invitation.</param>
/// <param name="Role">Such as <c>organization-member</c>.</param>
/// <param name="AtId">The organization, programme, provider or partner; null for the platform.</param>
public sealed record InvitationData(Guid InvitationId, string Role, Guid? AtId) : IEventData
{
    string IEventData.ResourceId => InvitationId.ToString();
}
