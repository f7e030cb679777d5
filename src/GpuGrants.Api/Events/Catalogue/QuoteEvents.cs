namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to quotes.</summary>
public static class QuoteEvents
{
    public static readonly EventType<QuoteData> Created = new(
        "quote.created",
        "quote",
        "Somebody got a quote, which pins GPU time for a while."
    );

    public static readonly EventType<QuoteData> Used = new("quote.used", "quote", "A request named a quote and was not denied.");

    public static readonly EventType<QuoteData> Expired = new("quote.expired", "quote", "A quote expired; what it pinned was released.");
}

/// <param name="QuoteId">The quote.</param>
/// <param name="OrganizationId">For whom it was made.</param>
/// <param name="Status">The quote's status after it.</param>
/// <param name="GpuHours">The GPU-hours that it pins or pinned.</param>
/// <param name="RequestId">The request that used it.</param>
public sealed record QuoteData(
    Guid QuoteId,
    Guid ProgrammeId,
    Guid OrganizationId,
    Guid OfferId,
    string Status,
    decimal GpuHours,
    Guid? RequestId
) : IEventData
{
    string IEventData.ResourceId => QuoteId.ToString();

    Guid? IEventData.SeenBy => OrganizationId;
}
