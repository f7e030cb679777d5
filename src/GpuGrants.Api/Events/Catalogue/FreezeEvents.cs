namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to freezes.</summary>
public static class FreezeEvents
{
    public static readonly EventType<FreezeData> Created = new(
        "freeze.created",
        "freeze",
        "Awards of a programme, a provider or the platform were stopped."
    );

    public static readonly EventType<FreezeData> Lifted = new("freeze.lifted", "freeze", "A freeze was lifted.");
}

/// <param name="FreezeId">The freeze.</param>
/// <param name="Scope">platform, programme or provider.</param>
/// <param name="AtId">The programme or provider; null for the platform.</param>
public sealed record FreezeData(Guid FreezeId, string Scope, Guid? AtId) : IEventData
{
    string IEventData.ResourceId => FreezeId.ToString();
}
