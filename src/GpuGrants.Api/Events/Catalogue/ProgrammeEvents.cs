namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to programmes.</summary>
public static class ProgrammeEvents
{
    public static readonly EventType<ProgrammeData> Created = new("programme.created", "programme", "A programme was created.");

    public static readonly EventType<ProgrammeData> Updated = new("programme.updated", "programme", "A programme was changed.");

    public static readonly EventType<ProgrammeData> Ended = new(
        "programme.ended",
        "programme",
        "A programme ended; what was left of its budget went to its parent or was written off."
    );

    public static readonly EventType<PartnerTrustData> PartnerTrusted = new(
        "programme.partner-trusted",
        "programme",
        "A root programme trusts a partner's word for people, in other bounds, or no more."
    );
}

/// <param name="ProgrammeId">The root programme.</param>
/// <param name="PartnerId">The partner.</param>
/// <param name="Status">active or ended.</param>
/// <param name="Version">The trust's version.</param>
public sealed record PartnerTrustData(Guid ProgrammeId, Guid PartnerId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => ProgrammeId.ToString();
}

public sealed record ProgrammeData(Guid ProgrammeId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => ProgrammeId.ToString();
}
