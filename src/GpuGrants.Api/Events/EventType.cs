namespace GpuGrants.Api.Events;

/// <summary>A type of event in the catalogue.</summary>
/// <param name="Name">Such as <c>request.approved</c>.</param>
/// <param name="Resource">The type of resource to which it happens.</param>
/// <param name="Summary">What happened, as a sentence.</param>
/// <param name="Data">The type of its data.</param>
/// <param name="Version">Of the data's schema: one more with every change that a reader may stumble over.</param>
public abstract record EventType(string Name, string Resource, string Summary, Type Data, int Version);

/// <inheritdoc/>
public sealed record EventType<TData>(string Name, string Resource, string Summary, int Version = 1)
    : EventType(Name, Resource, Summary, typeof(TData), Version)
    where TData : IEventData;
