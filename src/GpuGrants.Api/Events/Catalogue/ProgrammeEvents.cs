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
}

public sealed record ProgrammeData(Guid ProgrammeId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => ProgrammeId.ToString();
}
