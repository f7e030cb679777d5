namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to quota policies, overrides and requests to raise a limit.</summary>
public static class QuotaEvents
{
    public static readonly EventType<PolicyData> PolicyCreated = new(
        "quota-policy.created",
        "quota-policy",
        "A policy was created as a draft."
    );

    public static readonly EventType<PolicyData> PolicyDrafted = new(
        "quota-policy.drafted",
        "quota-policy",
        "A policy's draft was written."
    );

    public static readonly EventType<PolicyData> PolicyPublished = new("quota-policy.published", "quota-policy", "A draft was published.");

    public static readonly EventType<PolicyData> PolicyRetired = new("quota-policy.retired", "quota-policy", "A policy's end was set.");

    public static readonly EventType<OverrideData> OverrideCreated = new(
        "quota-override.created",
        "quota-override",
        "A subject got an override."
    );

    public static readonly EventType<OverrideData> OverrideEnded = new("quota-override.ended", "quota-override", "An override was ended.");

    public static readonly EventType<IncreaseData> IncreaseApproved = new(
        "quota-increase.approved",
        "quota-increase",
        "A rule or a person raised a limit for a subject."
    );

    public static readonly EventType<IncreaseData> IncreaseInReview = new(
        "quota-increase.in-review",
        "quota-increase",
        "Somebody asked for a higher limit, and a person will decide."
    );

    public static readonly EventType<IncreaseData> IncreaseDenied = new(
        "quota-increase.denied",
        "quota-increase",
        "A rule or a person refused to raise a limit."
    );

    public static readonly EventType<IncreaseData> IncreaseWithdrawn = new(
        "quota-increase.withdrawn",
        "quota-increase",
        "An applicant no longer asks for a higher limit."
    );

    /// <exception cref="ArgumentOutOfRangeException">No increase has this status.</exception>
    public static EventType<IncreaseData> Increase(string status) =>
        status switch
        {
            "approved" => IncreaseApproved,
            "in-review" => IncreaseInReview,
            "denied" => IncreaseDenied,
            "withdrawn" => IncreaseWithdrawn,
            _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No event tells of an increase with this status."),
        };
}

public sealed record PolicyData(Guid PolicyId, Guid? ProgrammeId, long Version) : IEventData
{
    string IEventData.ResourceId => PolicyId.ToString();
}

public sealed record OverrideData(Guid OverrideId, Guid PolicyId, string RuleId, string SubjectId) : IEventData
{
    string IEventData.ResourceId => OverrideId.ToString();
}

public sealed record IncreaseData(Guid IncreaseId, Guid PolicyId, string RuleId, Guid OrganizationId, string Status, Guid? OverrideId)
    : IEventData
{
    string IEventData.ResourceId => IncreaseId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}
