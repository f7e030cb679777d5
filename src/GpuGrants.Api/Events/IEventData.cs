namespace GpuGrants.Api.Events;

/// <summary>What an event carries: ids and statuses, never names, texts or secrets. Whoever needs more reads the resource.</summary>
public interface IEventData
{
    /// <summary>The id of the resource to which it happened.</summary>
    string ResourceId { get; }

    /// <summary>The organization whose members see it; null when it belongs to none.</summary>
    Guid? SeenBy => null;
}
