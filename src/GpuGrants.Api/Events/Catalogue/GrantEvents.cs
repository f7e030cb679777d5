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

    public static readonly EventType<GrantActivatedData> Activated = new(
        "grant.activated",
        "grant",
        "A scheduled grant became active: its start came, or its people started it early."
    );

    public static readonly EventType<GrantStandingData> Suspended = new(
        "grant.suspended",
        "grant",
        "A grant was suspended: nothing may be used until it is resumed, and its dates run on."
    );

    public static readonly EventType<GrantStandingData> Resumed = new("grant.resumed", "grant", "A suspended grant may be used again.");

    public static readonly EventType<GrantTokenData> TokenMade = new(
        "grant.token-made",
        "grant",
        "A grant token was made: until it expires, whoever bears it may use the grant."
    );

    public static readonly EventType<GrantToppedUpData> ToppedUp = new(
        "grant.topped-up",
        "grant",
        "A grant got more time: its people asked, or its programme's grace was added."
    );

    public static readonly EventType<GrantChangedData> Extended = new("grant.extended", "grant", "A grant got a later end.");

    public static readonly EventType<GrantChangedData> Shrunk = new(
        "grant.shrunk",
        "grant",
        "An organization gave part of a grant back: GPU time, days or GPUs."
    );

    public static readonly EventType<GrantTransferredData> Transferred = new(
        "grant.transferred",
        "grant",
        "A grant was handed to another project or member of its organization."
    );

    public static readonly EventType<GrantMovedData> Moved = new(
        "grant.moved",
        "grant",
        "A grant moved to another offer: its use ended, and what was left goes on as a new grant."
    );

    public static readonly EventType<UsageUnchargedData> UsageUncharged = new(
        "usage.uncharged",
        "grant",
        "GPUs were used beyond a grant, or while it was suspended. Nobody pays for that use."
    );

    public static readonly EventType<UsageDisputeData> UsageDisputed = new(
        "usage.disputed",
        "grant",
        "An organization says that a usage record is wrong. Its credits are held."
    );

    public static readonly EventType<UsageDisputeData> DisputeUpheld = new(
        "usage.dispute-upheld",
        "grant",
        "A disputed usage record was voided, and its credits go back."
    );

    public static readonly EventType<UsageDisputeData> DisputeRejected = new(
        "usage.dispute-rejected",
        "grant",
        "A disputed usage record stands."
    );

    public static readonly EventType<UsageDisputeData> DisputeWithdrawn = new(
        "usage.dispute-withdrawn",
        "grant",
        "An organization took back its dispute of a usage record."
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

    public static readonly EventType<GrantTimeReturnedData> TimeReturned = new(
        "grant.time-returned",
        "grant",
        "A correction gave back time that the grant may not keep."
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
/// <param name="RecordId">The provider's id of the record that was corrected.</param>
/// <param name="Status">The grant's status: ended when it is settled. Else a limit on used hours has no room.</param>
/// <param name="GpuSeconds">What went back to the offer now, with its credits to the budget.</param>
/// <param name="ReturnedGpuSeconds">What went back in all.</param>
public sealed record GrantTimeReturnedData(
    Guid GrantId,
    Guid OrganizationId,
    Guid RecordId,
    string Status,
    long GpuSeconds,
    long ReturnedGpuSeconds
) : IEventData
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

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="StartsAt">From when it may be used.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record GrantActivatedData(Guid GrantId, Guid OrganizationId, string StartsAt, string ExpiresAt) : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="GpuSeconds">What it gained; negative for what went back.</param>
/// <param name="RemainingGpuSeconds">What it has left.</param>
/// <param name="Gpus">Its GPUs at once.</param>
/// <param name="StartsAt">From when it may be used.</param>
/// <param name="ExpiresAt">Until when.</param>
/// <param name="Reason">Why, if somebody said so.</param>
public sealed record GrantChangedData(
    Guid GrantId,
    Guid OrganizationId,
    long GpuSeconds,
    long RemainingGpuSeconds,
    int Gpus,
    string StartsAt,
    string ExpiresAt,
    string? Reason
) : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="ProjectId">Its project from now on.</param>
/// <param name="HolderId">The member who holds it from now on.</param>
/// <param name="RemainingGpuSeconds">What it has left, which counts for them.</param>
public sealed record GrantTransferredData(Guid GrantId, Guid OrganizationId, Guid? ProjectId, Guid HolderId, long RemainingGpuSeconds)
    : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant that ended.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="ContinuedAs">The grant as which it goes on.</param>
/// <param name="OfferId">The new grant's offer.</param>
/// <param name="ProviderId">Who runs its GPUs.</param>
/// <param name="Rate">Credits per GPU-hour: as before, or lower.</param>
/// <param name="RemainingGpuSeconds">What was left and went over.</param>
/// <param name="Reason">Why.</param>
public sealed record GrantMovedData(
    Guid GrantId,
    Guid OrganizationId,
    Guid ContinuedAs,
    Guid OfferId,
    Guid ProviderId,
    decimal Rate,
    long RemainingGpuSeconds,
    string Reason
) : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="Status">The grant's status after it.</param>
public sealed record GrantStandingData(Guid GrantId, Guid OrganizationId, string Status) : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="AddedGpuSeconds">What was added.</param>
/// <param name="GpuSeconds">The whole grant after it.</param>
public sealed record GrantToppedUpData(Guid GrantId, Guid OrganizationId, long AddedGpuSeconds, long GpuSeconds) : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="UnchargedGpuSeconds">All that is uncharged of the grant, rounded up.</param>
/// <param name="Step">What follows by the programme's policy: notify, suspend or revoke.</param>
public sealed record UsageUnchargedData(Guid GrantId, Guid OrganizationId, long UnchargedGpuSeconds, string Step) : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="DisputeId">The dispute.</param>
/// <param name="RecordId">The provider's id of the record.</param>
/// <param name="Status">The dispute's status after it.</param>
/// <param name="GpuSeconds">The time that is or was disputed.</param>
public sealed record UsageDisputeData(Guid GrantId, Guid OrganizationId, Guid DisputeId, Guid RecordId, string Status, long GpuSeconds)
    : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}

/// <param name="GrantId">The grant.</param>
/// <param name="OrganizationId">The organization that has it.</param>
/// <param name="TokenId">The token's <c>jti</c>, by which a provider names it.</param>
public sealed record GrantTokenData(Guid GrantId, Guid OrganizationId, Guid TokenId) : IEventData
{
    string IEventData.ResourceId => GrantId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}
