using System.Collections.Frozen;
using System.Reflection;

namespace GpuGrants.Api.Events.Catalogue;

/// <summary>All types of events. A type is a static field of a class in this folder; its schema lies beside it in <c>Schemas</c>.</summary>
public static class EventCatalogue
{
    public static FrozenDictionary<string, EventType> All { get; } =
        typeof(EventCatalogue)
            .Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(EventCatalogue).Namespace)
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Select(field => field.GetValue(null))
            .OfType<EventType>()
            .ToFrozenDictionary(type => type.Name);
}
