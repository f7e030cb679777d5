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

public sealed record PartnerData(Guid PartnerId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => PartnerId.ToString();
}
