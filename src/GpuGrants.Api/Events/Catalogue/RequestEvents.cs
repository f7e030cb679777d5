namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to requests.</summary>
public static class RequestEvents
{
    public static readonly EventType<RequestData> Approved = new("request.approved", "request", "A rule or a person approved a request.");

    public static readonly EventType<RequestData> InReview = new("request.in-review", "request", "A rule referred a request to a person.");

    public static readonly EventType<RequestData> Denied = new("request.denied", "request", "A rule or a person denied a request.");

    public static readonly EventType<RequestData> Endorsed = new(
        "request.endorsed",
        "request",
        "A person approved a request that needs another person too."
    );

    public static readonly EventType<RequestAmendedData> Amended = new(
        "request.amended",
        "request",
        "An applicant changed an open request; the decision on it is an event of its own."
    );

    public static readonly EventType<CounterOfferAcceptedData> CounterOfferAccepted = new(
        "request.counter-offer-accepted",
        "request",
        "An applicant took a denied request's counter-offer."
    );

    public static readonly EventType<RequestData> Withdrawn = new("request.withdrawn", "request", "An applicant withdrew a request.");

    public static readonly EventType<RequestData> Expired = new(
        "request.expired",
        "request",
        "Nobody decided a request in time; what it held was released."
    );
}

/// <param name="RequestId">The request.</param>
/// <param name="ProgrammeId">The programme that was asked.</param>
/// <param name="OrganizationId">The organization that asked.</param>
/// <param name="Status">The request's status after it.</param>
/// <param name="DecisionId">The decision.</param>
/// <param name="GpuHours">The GPU-hours that the decision is about.</param>
/// <param name="GrantId">The grant, when one was awarded.</param>
public sealed record RequestData(
    Guid RequestId,
    Guid ProgrammeId,
    Guid OrganizationId,
    string Status,
    Guid DecisionId,
    decimal GpuHours,
    Guid? GrantId
) : IEventData
{
    string IEventData.ResourceId => RequestId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

public sealed record RequestAmendedData(Guid RequestId, Guid ProgrammeId, Guid OrganizationId) : IEventData
{
    string IEventData.ResourceId => RequestId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="RequestId">The denied request.</param>
/// <param name="ProgrammeId">The programme that was asked.</param>
/// <param name="OrganizationId">The organization that asked.</param>
/// <param name="AcceptedAs">The request that took the counter-offer.</param>
public sealed record CounterOfferAcceptedData(Guid RequestId, Guid ProgrammeId, Guid OrganizationId, Guid AcceptedAs) : IEventData
{
    string IEventData.ResourceId => RequestId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}
