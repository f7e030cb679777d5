namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to grants.</summary>
public static class GrantEvents
{
    public static readonly EventType<GrantEndedData> Closed = new(
        "grant.closed",
        "grant",
        "An organization gave the rest of a grant back."
    );

    public static readonly EventType<GrantEndedData> Expired = new("grant.expired", "grant", "A grant reached its end.");

    public static readonly EventType<GrantEndedData> Revoked = new(
        "grant.revoked",
        "grant",
        "An administrator took the rest of a grant back."
    );

    public static readonly EventType<GrantEndedData> Ended = new(
        "grant.ended",
        "grant",
        "A grant was settled: no more usage can be charged to it, and all that was left went back."
    );

    public static readonly EventType<UsageData> UsageRecorded = new("usage.recorded", "grant", "Somebody reported usage of a grant.");

    public static readonly EventType<GrantExpiringData> Expiring = new(
        "grant.expiring",
        "grant",
        "A grant expires soon, and some of it is left."
    );

    public static readonly EventType<UsageReachedData> UsageReached = new(
        "usage.reached",
        "grant",
        "Use of a grant has reached 50, 80, 95 or 100 percent of it."
    );

    public static readonly EventType<UsageCorrectedData> UsageCorrected = new(
        "usage.corrected",
        "grant",
        "A provider corrected or voided a usage record of a grant."
    );

    /// <exception cref="ArgumentOutOfRangeException">No grant ends like this.</exception>
    public static EventType<GrantEndedData> Ending(string endedAs) =>
        endedAs switch
        {
            "closed" => Closed,
            "expired" => Expired,
            "revoked" => Revoked,
            _ => throw new ArgumentOutOfRangeException(nameof(endedAs), endedAs, "No event tells of a grant that ends like this."),
        };
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that had it.</param>
/// <param name="Status">The grant's status after it: ending while usage may still be reported, else ended.</param>
/// <param name="UsedGpuSeconds">What was used in all.</param>
/// <param name="ReturnedGpuSeconds">What went back to the offer in all.</param>
public sealed record GrantEndedData(Guid GrantId, Guid OrganizationId, string Status, long UsedGpuSeconds, long ReturnedGpuSeconds)
    : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="Records">How many records were new.</param>
/// <param name="GpuSeconds">Their GPU time.</param>
/// <param name="UsedGpuSeconds">What was used of the grant in all.</param>
public sealed record UsageData(Guid GrantId, Guid OrganizationId, int Records, long GpuSeconds, long UsedGpuSeconds) : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="RecordId">The provider's id of the record.</param>
/// <param name="Voided">Whether the record counts nothing any more.</param>
/// <param name="GpuSeconds">The difference in GPU time; negative when less was used.</param>
/// <param name="UsedGpuSeconds">What was used of the grant in all.</param>
public sealed record UsageCorrectedData(Guid GrantId, Guid OrganizationId, Guid RecordId, bool Voided, long GpuSeconds, long UsedGpuSeconds)
    : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="RemainingGpuSeconds">What is neither used nor returned.</param>
public sealed record GrantExpiringData(Guid GrantId, Guid OrganizationId, long RemainingGpuSeconds) : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="Percent">The highest share that was reached: 50, 80, 95 or 100.</param>
/// <param name="UsedGpuSeconds">What was used in all.</param>
/// <param name="GpuSeconds">What was granted.</param>
public sealed record UsageReachedData(Guid GrantId, Guid OrganizationId, int Percent, long UsedGpuSeconds, long GpuSeconds) : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}
