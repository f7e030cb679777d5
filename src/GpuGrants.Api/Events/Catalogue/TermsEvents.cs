namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to terms.</summary>
public static class TermsEvents
{
    public static readonly EventType<TermsData> Published = new(
        "terms.published",
        "terms",
        "A version of the terms of the platform or a programme came into force."
    );
}

/// <param name="TermsId">The version.</param>
/// <param name="AtId">The programme; null for the platform.</param>
/// <param name="Number">The version's number.</param>
public sealed record TermsData(Guid TermsId, Guid? AtId, int Number) : IEventData
{
    string IEventData.ResourceId => TermsId.ToString();
}
