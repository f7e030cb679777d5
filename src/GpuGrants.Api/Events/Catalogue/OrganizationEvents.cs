namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to organizations, their projects and the partners who act for them.</summary>
public static class OrganizationEvents
{
    public static readonly EventType<OrganizationData> Created = new(
        "organization.created",
        "organization",
        "An organization was created."
    );

    public static readonly EventType<OrganizationData> Updated = new(
        "organization.updated",
        "organization",
        "An organization was changed."
    );

    public static readonly EventType<OrganizationData> Closed = new("organization.closed", "organization", "An organization was closed.");

    public static readonly EventType<ProjectData> ProjectCreated = new("project.created", "project", "A project was created.");

    public static readonly EventType<ProjectData> ProjectUpdated = new("project.updated", "project", "A project was changed or closed.");

    public static readonly EventType<OrganizationLimitData> LimitCreated = new(
        "organization-limit.created",
        "organization-limit",
        "An owner limited members or projects of the organization."
    );

    public static readonly EventType<OrganizationLimitData> LimitUpdated = new(
        "organization-limit.updated",
        "organization-limit",
        "A limit of an organization on its own members or projects was changed."
    );

    public static readonly EventType<OrganizationLimitData> LimitEnded = new(
        "organization-limit.ended",
        "organization-limit",
        "A limit of an organization on its own members or projects was ended."
    );

    public static readonly EventType<PartnerData> PartnerCreated = new("partner.created", "partner", "A partner was created.");

    public static readonly EventType<PartnerData> PartnerUpdated = new("partner.updated", "partner", "A partner was changed.");
}

public sealed record OrganizationData(Guid OrganizationId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => OrganizationId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

public sealed record ProjectData(Guid ProjectId, Guid OrganizationId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => ProjectId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

public sealed record OrganizationLimitData(Guid LimitId, Guid OrganizationId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => LimitId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

public sealed record PartnerData(Guid PartnerId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => PartnerId.ToString();
}
