namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to providers, GPU models and offers.</summary>
public static class OfferEvents
{
    public static readonly EventType<ProviderData> ProviderCreated = new("provider.created", "provider", "A provider was created.");

    public static readonly EventType<ProviderData> ProviderUpdated = new("provider.updated", "provider", "A provider was changed.");

    public static readonly EventType<GpuModelData> GpuModelCreated = new("gpu-model.created", "gpu-model", "A GPU model was added.");

    public static readonly EventType<GpuModelData> GpuModelUpdated = new("gpu-model.updated", "gpu-model", "A GPU model was changed.");

    public static readonly EventType<OfferData> Created = new("offer.created", "offer", "An offer was put up.");

    public static readonly EventType<OfferData> Proposed = new(
        "offer.proposed",
        "offer",
        "An offer, or a change that goes beyond what the programme accepted, waits for the programme."
    );

    public static readonly EventType<OfferData> Accepted = new(
        "offer.accepted",
        "offer",
        "A programme accepted an offer, or what waited of it, itself or by standing terms."
    );

    public static readonly EventType<OfferData> Rejected = new(
        "offer.rejected",
        "offer",
        "A programme rejected an offer, or what waited of it, or took its consent back."
    );

    public static readonly EventType<StandingTermsData> StandingTermsCreated = new(
        "standing-terms.created",
        "standing-terms",
        "A programme accepts a provider's offers within standing terms."
    );

    public static readonly EventType<StandingTermsData> StandingTermsEnded = new(
        "standing-terms.ended",
        "standing-terms",
        "Standing terms ended; what they accepted stays accepted."
    );

    public static readonly EventType<OutageData> Outage = new(
        "offer.outage",
        "offer",
        "An offer did not serve as promised for a time. What was used then was credited back."
    );

    public static readonly EventType<OfferData> Updated = new("offer.updated", "offer", "An offer was changed.");

    public static readonly EventType<OfferData> RateSet = new("offer.rate-set", "offer", "An offer got a rate from a date on.");

    public static readonly EventType<OfferData> CapacityAdded = new("offer.capacity-added", "offer", "An offer got more GPU time.");

    public static readonly EventType<OfferData> CapacityWithdrawn = new(
        "offer.capacity-withdrawn",
        "offer",
        "GPU time that was not promised was taken from an offer."
    );

    public static readonly EventType<OfferData> CapacityPassed = new(
        "offer.capacity-passed",
        "offer",
        "Undelivered GPU time of an offer passed and went back to supply."
    );
}

public sealed record ProviderData(Guid ProviderId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => ProviderId.ToString();
}

public sealed record GpuModelData(string GpuModelId, string Status) : IEventData
{
    string IEventData.ResourceId => GpuModelId;
}

public sealed record OfferData(Guid OfferId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => OfferId.ToString();
}

public sealed record StandingTermsData(Guid StandingTermsId, Guid ProgrammeId, Guid ProviderId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => StandingTermsId.ToString();
}

/// <param name="OutageId">The outage.</param>
/// <param name="Records">How many usage records were corrected.</param>
/// <param name="GpuSeconds">What was given back.</param>
public sealed record OutageData(Guid OfferId, Guid OutageId, int Records, long GpuSeconds) : IEventData
{
    string IEventData.ResourceId => OfferId.ToString();
}
