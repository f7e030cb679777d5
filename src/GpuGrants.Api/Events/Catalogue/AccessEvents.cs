namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to API clients and roles.</summary>
public static class AccessEvents
{
    public static readonly EventType<ClientData> ClientCreated = new("client.created", "client", "An API client was created.");

    public static readonly EventType<ClientData> ClientRotated = new("client.rotated", "client", "An API client got a new secret.");

    public static readonly EventType<ClientData> ClientRevoked = new("client.revoked", "client", "An API client was revoked.");

    public static readonly EventType<RoleData> RoleGiven = new("role.given", "principal", "Somebody got a role.");

    public static readonly EventType<RolesData> RoleRemoved = new("role.removed", "principal", "Somebody lost the roles at a resource.");

    public static readonly EventType<WaiverData> WaiverCreated = new(
        "independence-waiver.created",
        "independence-waiver",
        "The only administrator may decide on what concerns them."
    );

    public static readonly EventType<WaiverData> WaiverEnded = new(
        "independence-waiver.ended",
        "independence-waiver",
        "A waiver was ended before its time."
    );

    public static readonly EventType<WaiverUseData> WaiverUsed = new(
        "independence-waiver.used",
        "independence-waiver",
        "Somebody decided by a waiver on what concerns them."
    );

    public static readonly EventType<ChangeProposalData> ChangeProposed = new(
        "change-proposal.created",
        "change-proposal",
        "Somebody proposed a change that several people have to agree to."
    );

    public static readonly EventType<ChangeProposalData> ChangeEndorsed = new(
        "change-proposal.endorsed",
        "change-proposal",
        "Somebody agreed to a change; others still have to."
    );

    public static readonly EventType<ChangeProposalData> ChangeApproved = new(
        "change-proposal.approved",
        "change-proposal",
        "The last person who was needed agreed to a change, and it was made."
    );

    public static readonly EventType<ChangeProposalData> ChangeRejected = new(
        "change-proposal.rejected",
        "change-proposal",
        "Somebody rejected a proposed change."
    );
}

/// <param name="ProposalId">The proposal.</param>
/// <param name="Kind">override, override-end, policy, retirement or role.</param>
/// <param name="ProgrammeId">The programme whose people decide; null for the platform.</param>
public sealed record ChangeProposalData(Guid ProposalId, string Kind, Guid? ProgrammeId) : IEventData
{
    string IEventData.ResourceId => ProposalId.ToString();
}

public sealed record ClientData(string ClientId, Guid? OrganizationId) : IEventData
{
    string IEventData.ResourceId => ClientId;

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="PrincipalId">Who got it.</param>
/// <param name="Role">Such as <c>programme-reviewer</c>.</param>
/// <param name="AtId">The programme, provider, organization or partner; null for the platform.</param>
public sealed record RoleData(Guid PrincipalId, string Role, Guid? AtId) : IEventData
{
    string IEventData.ResourceId => PrincipalId.ToString();
}

/// <param name="PrincipalId">Who lost them.</param>
/// <param name="AtId">The programme, provider, organization or partner; null for the platform.</param>
public sealed record RolesData(Guid PrincipalId, Guid? AtId) : IEventData
{
    string IEventData.ResourceId => PrincipalId.ToString();
}

public sealed record WaiverData(Guid WaiverId, Guid MadeBy) : IEventData
{
    string IEventData.ResourceId => WaiverId.ToString();
}

/// <param name="WaiverId">The waiver.</param>
/// <param name="SubjectId">What was decided: a request, an offer, a policy and so on.</param>
public sealed record WaiverUseData(Guid WaiverId, Guid SubjectId) : IEventData
{
    string IEventData.ResourceId => WaiverId.ToString();
}
